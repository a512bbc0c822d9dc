import { describe, expect, it } from 'vitest';
import type { ProbeContext, Reading } from '../../../src/controls/control.ts';
import { pidsLimit } from '../../../src/controls/isolation/pids-limit.ts';

type Check = () => number | Promise<number>;

const limit = 20;
const facts = (name: string, health: boolean) => ({
  id: name,
  name,
  state: { running: true, pid: 7 },
  config: { healthcheck: health ? { test: ['CMD', 'check'] } : null },
});

/** One container with a limit that forks are tried in, and two beside it. */
function stackWith(options: {
  /** Exit status of the first neighbour's own health check. */
  check?: Check;
  forks?: number;
  storms?: string[];
  runs?: (id: string) => boolean;
}): ProbeContext {
  const containers = new Map(
    [facts('app', false), facts('db', true), facts('plain', false)].map((one) => [one.name, one]),
  );
  return {
    signal: new AbortController().signal,
    stack: { services: [{ name: 'app', exceptions: [] }] },
    rendered: { services: { app: { pids_limit: limit } } },
    containers,
    engine: {
      inspectContainer: (id: string) =>
        Promise.resolve({ state: { running: options.runs?.(id) ?? true, pid: 7 } }),
      exec: async (id: string, argv: readonly string[]) => {
        if (argv[0] === 'check') return { exitCode: (await options.check?.()) ?? 0, stdout: '' };
        options.storms?.push(id);
        await new Promise((done) => setImmediate(done));
        return { exitCode: 0, stdout: '.\n'.repeat(options.forks ?? limit) };
      },
    },
  } as unknown as ProbeContext;
}

async function attack(context: ProbeContext): Promise<Reading> {
  const [reading] = await pidsLimit.attack!(context);
  return reading!;
}

describe('a storm of forks', () => {
  it('passes where it stops and the neighbours are well', async () => {
    expect(await attack(stackWith({}))).toMatchObject({
      status: 'pass',
      seen: 'stopped at 20, 2 neighbours well',
    });
  });

  it('goes on until every neighbour has answered', async () => {
    const storms: string[] = [];
    const check: Check = async () => {
      while (storms.length < 4) await new Promise((done) => setImmediate(done));
      return 0;
    };
    expect(await attack(stackWith({ check, storms }))).toMatchObject({ status: 'pass' });
    expect(storms.length).toBeGreaterThanOrEqual(4);
  });

  it('fails where a neighbour is ill while it lasts, and well afterwards', async () => {
    const results = [1, 0];
    expect(await attack(stackWith({ check: () => results.shift() ?? 0 }))).toMatchObject({
      status: 'fail',
      seen: 'stopped at 20; ill: db',
    });
  });

  it('says nothing where a neighbour is ill without it, too', async () => {
    expect(await attack(stackWith({ check: () => 1 }))).toMatchObject({
      status: 'unknown',
      seen: 'ill anyway: db',
    });
  });

  it('fails where the service itself ended', async () => {
    expect(await attack(stackWith({ runs: (id) => id !== 'app' }))).toMatchObject({
      status: 'fail',
      seen: 'stopped at 20, and the service ended',
    });
  });

  it('fails where nothing stops it, and is not repeated then', async () => {
    const storms: string[] = [];
    const check: Check = () => new Promise((done) => setTimeout(() => done(0), 50));
    const found = await attack(stackWith({ forks: limit + 50, storms, check }));
    expect(found).toMatchObject({ status: 'fail', seen: '70 were started' });
    expect(storms).toHaveLength(1);
  });

  it('is unknown where no process could be started', async () => {
    expect(await attack(stackWith({ forks: 0 }))).toMatchObject({ status: 'unknown' });
  });
});
