import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parseProcessStatus } from '../../../src/controls/reading/process-status.ts';

const fields: Readonly<Record<string, string>> = {
  Name: 'redis-server',
  Pid: '12',
  Uid: '999\t999\t999\t999',
  Gid: '1000\t1000\t1000\t1000',
  CapPrm: '0000000000000000',
  CapEff: '00000000a80425fb',
  CapBnd: '0000000000000000',
  CapAmb: '0000000000000000',
  NoNewPrivs: '1',
  Seccomp: '2',
};

function text(change: Readonly<Record<string, string | undefined>> = {}): string {
  return Object.entries({ ...fields, ...change })
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}:\t${value}\n`]))
    .join('');
}

describe('the status of a process', () => {
  it('is read', () => {
    expect(parseProcessStatus(text())).toMatchObject({
      name: 'redis-server',
      pid: 12,
      uids: [999, 999, 999, 999],
      capEff: '00000000a80425fb',
      noNewPrivs: true,
      seccomp: 2,
    });
  });

  it('is read of this very process', async () => {
    const own = parseProcessStatus(await readFile('/proc/self/status', 'utf8'));
    expect(own).toMatchObject({ pid: process.pid });
    expect(own?.uids[1]).toBe(process.geteuid?.());
  });

  it('takes no field from a name that looks like one', () => {
    const read = parseProcessStatus(text({ Name: 'x\\nUid:\t0 0 0 0', Uid: '7\t7\t7\t7' }));
    expect(read).toMatchObject({ name: 'x\\nUid:\t0 0 0 0', uids: [7, 7, 7, 7] });
  });

  it('has no ambient set on an old kernel', () => {
    expect(parseProcessStatus(text({ CapAmb: undefined }))?.capAmb).toBe('0000000000000000');
  });

  it.each(['Pid', 'Uid', 'Gid', 'CapEff', 'CapPrm', 'CapBnd', 'NoNewPrivs', 'Seccomp'])(
    'is nothing without %s, or with nonsense in it',
    (field) => {
      for (const value of [undefined, '', 'x', '-1', '1e9', '0x1', '1 2']) {
        expect(parseProcessStatus(text({ [field]: value })), String(value)).toBeNull();
      }
    },
  );

  it('is nothing where there is nothing, and where it was cut off', () => {
    expect(parseProcessStatus('')).toBeNull();
    const whole = text();
    const cut = whole.slice(0, whole.indexOf('Seccomp'));
    expect(parseProcessStatus(cut)).toBeNull();
  });
});
