import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  parseSnapshot,
  snapshotCommand,
  snapshotMark,
} from '../../../src/controls/reading/container-snapshot.ts';
import { realRandom } from '../../secrets/fixtures.ts';

const mark = 'jacker-0123456789abcdef0123456789abcdef';
const full = '000001ffffffffff';

function status(pid: number, name: string, uid = 1000, mask = '0000000000000000'): string {
  return [
    `Name:\t${name}`,
    `Pid:\t${pid}`,
    `Uid:\t${uid}\t${uid}\t${uid}\t${uid}`,
    'Gid:\t1000\t1000\t1000\t1000',
    ...['CapPrm', 'CapEff', 'CapBnd', 'CapAmb'].map((field) => `${field}:\t${mask}`),
    'NoNewPrivs:\t1',
    'Seccomp:\t2',
  ].join('\n');
}

const root = '1 0 0:1 / / ro,relatime - overlay overlay rw,lowerdir=/a';
const heading = '  sl  local_address rem_address   st';

/** What the command prints about processes by pid, with those that are left at the end. */
function printed(
  processes: Readonly<Record<number, string>>,
  left: readonly number[] = Object.keys(processes).map(Number),
  rest: Readonly<Record<string, string>> = {},
): string {
  const sections: Readonly<Record<string, string>> = {
    ...Object.fromEntries(
      Object.entries(processes).map(([pid, text]) => [`/proc/${pid}/status`, text]),
    ),
    '/proc/self/mountinfo': root,
    '/proc/net/tcp': heading,
    ...rest,
    'processes afterwards': left.map((pid) => `/proc/${pid}/status`).join('\n'),
  };
  return Object.entries(sections)
    .map(([title, text]) => `\n${mark} ${title}\n${text}\n`)
    .join('');
}

describe('a snapshot', () => {
  it('has every process, the mounts, the listeners and the limits', () => {
    const snapshot = parseSnapshot(
      printed({ 1: status(1, 'sleep'), 7: status(7, 'sh', 0, full) }, [1, 7], {
        '/proc/net/tcp': `${heading}\n 0: 00000000:1F90 00000000:0000 0A`,
        '/proc/1/attr/current': 'docker-default (enforce)',
        '/sys/fs/cgroup/pids.max': '50',
        '/sys/fs/cgroup/memory.max': 'max',
        '/sys/fs/cgroup/cpu.max': '50000 100000',
      }),
      mark,
    );
    expect(snapshot.processes.map(({ pid, name }) => [pid, name])).toEqual([
      [1, 'sleep'],
      [7, 'sh'],
    ]);
    expect(snapshot.mounts.map(({ target }) => target)).toEqual(['/']);
    expect(snapshot.listeners).toEqual([{ port: 8080, loopback: false }]);
    expect(snapshot.appArmor).toBe('docker-default (enforce)');
    expect(snapshot).toMatchObject({ pidsMax: 50, memoryMax: 'unlimited', cpuMax: 0.5 });
  });

  it('reads the limits of control groups of version 1', () => {
    const v1 = '/sys/fs/cgroup';
    const snapshot = parseSnapshot(
      printed({ 1: status(1, 'sleep') }, [1], {
        [`${v1}/pids/pids.max`]: 'max',
        [`${v1}/memory/memory.limit_in_bytes`]: '9223372036854771712',
        [`${v1}/cpu/cpu.cfs_quota_us`]: '150000',
        [`${v1}/cpu/cpu.cfs_period_us`]: '100000',
      }),
      mark,
    );
    expect(snapshot).toMatchObject({ pidsMax: 'unlimited', memoryMax: 'unlimited', cpuMax: 1.5 });
    expect(snapshot.limitFiles.pids).toBe(`${v1}/pids/pids.max`);
  });

  it('says that a limit cannot be read where there is none or nonsense', () => {
    const snapshot = parseSnapshot(
      printed({ 1: status(1, 'sleep') }, [1], { '/sys/fs/cgroup/pids.max': 'fifty' }),
      mark,
    );
    expect(snapshot).toMatchObject({ pidsMax: 'unreadable', memoryMax: 'unreadable' });
  });

  it.each([
    'x',
    '@@jacker x',
    mark,
    `${mark} /proc/9/status`,
    `\\n${mark} /proc/9/status`,
    'processes afterwards',
  ])('does not lose a process of root that calls itself %j', (name) => {
    const { processes } = parseSnapshot(
      printed({ 1: status(1, 'sleep'), 8: status(8, name, 0, full), 9: status(9, 'sh') }),
      mark,
    );
    const root = processes.find(({ pid }) => pid === 8);
    expect(root).toMatchObject({ name, uids: [0, 0, 0, 0], capEff: full });
    expect(processes).toHaveLength(3);
  });

  it('leaves a process out that ended before it could be read', () => {
    const { processes } = parseSnapshot(printed({ 1: status(1, 'sleep'), 8: '' }, [1]), mark);
    expect(processes.map(({ pid }) => pid)).toEqual([1]);
  });

  it.each(['', status(8, 'half').slice(0, 60), status(9, 'another'), 'Name:\tx'])(
    'is refused where a process that is still there could not be read: %j',
    (text) => {
      const output = printed({ 1: status(1, 'sleep'), 8: text });
      expect(() => parseSnapshot(output, mark)).toThrow('process 8 could not be read');
    },
  );

  it('is refused without a process, a mount table, a socket table or an end', () => {
    expect(() => parseSnapshot(printed({}, [1]), mark)).toThrow('no process');
    const whole = printed({ 1: status(1, 'sleep') });
    const parts = ['/proc/self/mountinfo', '/proc/net/tcp', 'processes afterwards'];
    for (const part of parts) {
      const cut = whole.replace(`${mark} ${part}`, `${mark} /other`);
      expect(() => parseSnapshot(cut, mark), part).toThrow(`${part} could not be read`);
    }
    expect(() => parseSnapshot('', mark)).toThrow(TypeError);
    expect(() => parseSnapshot(whole, mark.replace('0', '1'))).toThrow(TypeError);
  });

  it('is refused where a section comes twice', () => {
    const whole = printed({ 1: status(1, 'sleep') });
    expect(() => parseSnapshot(`${whole}${whole}`, mark)).toThrow('twice');
  });
});

describe('the command of a snapshot', () => {
  it('has another mark each time', () => {
    const marks = Array.from({ length: 50 }, () => snapshotMark(realRandom));
    expect(new Set(marks).size).toBe(50);
    for (const one of marks) expect(one).toMatch(/^jacker-[0-9a-f]{32}$/);
  });

  it('shows processes of this machine with hostile names', async () => {
    const own = snapshotMark(realRandom);
    const [program = '', ...argv] = snapshotCommand(own);
    const names = ['@@jacker x', `x\n${own}`.slice(0, 15), 'Uid:\t0'];
    const children = names.map((name) =>
      spawn(
        'python3',
        [
          '-c',
          'import ctypes,sys; ctypes.CDLL(None).prctl(15, sys.argv[1].encode()); print("named", flush=True); sys.stdin.read()',
          name,
        ],
        { stdio: ['pipe', 'pipe', 'inherit'] },
      ),
    );
    try {
      await Promise.all(children.map(({ stdout }) => once(stdout, 'data')));
      const output = execFileSync(program, argv, { encoding: 'utf8', maxBuffer: 2 ** 26 });
      const { processes } = parseSnapshot(output, own);
      const seen = children.map(({ pid }) => processes.find((one) => one.pid === pid)?.name);
      expect(seen).toEqual(names.map((name) => name.replace('\n', '\\n').trim()));
    } finally {
      for (const child of children) child.stdin.end();
    }
  });
});
