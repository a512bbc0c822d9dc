import { describe, expect, it } from 'vitest';
import type { ProbeContext, Reading } from '../../src/controls/control.ts';
import { engineGroup } from '../../src/controls/operations/engine-group.ts';
import { engineOverTcp } from '../../src/controls/operations/engine-over-tcp.ts';
import { swarm } from '../../src/controls/operations/swarm.ts';
import { readInfo } from '../../src/docker/wire/engine.ts';

/** What a control reads where the engine answers this; its own engine is not reconfigured for a test. */
async function read(
  control: { probe?: (context: ProbeContext) => Promise<Reading[]> },
  info: object,
  files?: Readonly<Record<string, string>>,
): Promise<Reading> {
  const context = {
    host: readInfo({ Name: 'host', ...info }),
    ...(files ? { hostFile: (path: string) => Promise.resolve(files[path] ?? null) } : {}),
  } as unknown as ProbeContext;
  const readings = (await control.probe?.(context)) ?? [];
  expect(readings).toHaveLength(1);
  return readings[0]!;
}

describe('the engine over TCP', () => {
  // As the engines 20 and 26 write it.
  const texts = [
    'WARNING: API is accessible on http://0.0.0.0:2375 without encryption.\n         Access to',
    '[DEPRECATION NOTICE]: API is accessible on http://127.0.0.1:2375 without encryption.\n',
    '[DEPRECATION NOTICE]: API is accessible on https://[::]:2376 without TLS client verification.',
  ];

  it.each(texts)('is seen in the warning %j', async (text) => {
    const reading = await read(engineOverTcp, { Warnings: ['WARNING: No swap limit', text] });
    expect(reading.status).toBe('fail');
    expect(reading.seen).toMatch(/^https?:/);
  });

  it('is not seen in other warnings', async () => {
    expect(
      await read(engineOverTcp, { Warnings: ['WARNING: No swap limit support'] }),
    ).toMatchObject({ status: 'pass', seen: 'none' });
  });
});

describe('Swarm', () => {
  it.each([
    ['active', 'fail'],
    ['pending', 'fail'],
    ['inactive', 'pass'],
  ])('that is %s: %s', async (state, status) => {
    expect(await read(swarm, { Swarm: { LocalNodeState: state } })).toMatchObject({ status });
  });
});

describe("the engine's group", () => {
  const passwd = 'root:x:0:0::/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\n';

  it.each([
    ['docker:x:999:ada,root\n', 'fail', 'ada'],
    ['docker:x:1000:\n', 'fail', 'ada'],
    ['docker:x:999:root\n', 'pass', 'none'],
    ['users:x:100:ada\n', 'pass', 'none'],
  ])('%j: %s', async (group, status, seen) => {
    const files = { '/etc/group': group, '/etc/passwd': passwd };
    expect(await read(engineGroup, {}, files)).toMatchObject({ status, seen });
  });

  it('is unknown where the file cannot be read, and no matter of an engine elsewhere', async () => {
    expect(await read(engineGroup, {}, {})).toMatchObject({ status: 'unknown' });
    expect(await read(engineGroup, {})).toMatchObject({ status: 'not-applicable' });
  });
});
