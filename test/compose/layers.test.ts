import { describe, expect, it } from 'vitest';
import { weakenedLayers } from '../../src/controls/operations/weakened-layers.ts';
import { stackOf } from './stack-of.ts';

const base = 'services: { db: { image: "postgres:17", read_only: true } }\n';

/** What the control says of the base with an override beside it. */
async function judge(override: string) {
  const stack = await stackOf({ 'compose.yml': base, 'compose.override.yml': override });
  const { document, layers } = stack;
  return weakenedLayers.static?.({ document, ...(layers ? { layers } : {}) });
}

describe('the layers of a stack', () => {
  it('are each file by itself, in the order in which they are merged', async () => {
    const { layers } = await stackOf({
      'compose.yml': base,
      'compose.override.yml': 'services: { db: { ports: ["5432:5432"] } }\n',
    });
    expect(layers).toEqual([
      { services: { db: { image: 'postgres:17', read_only: true } } },
      { services: { db: { ports: ['5432:5432'] } } },
    ]);
  });

  it('are not told of a single file', async () => {
    expect((await stackOf({ 'compose.yml': base })).layers).toBeUndefined();
  });

  it('show what an override takes away, at the key that does', async () => {
    expect(await judge('services: { db: { ports: ["5432:5432"] } }\n')).toMatchObject([
      { status: 'fail', location: ['services', 'db', 'ports'] },
    ]);
    expect(await judge('services: { db: { read_only: !reset null } }\n')).toMatchObject([
      { status: 'fail', location: ['services', 'db', 'read_only'] },
    ]);
    expect(await judge('services: { db: { cap_drop: [ALL] } }\n')).toMatchObject([
      { status: 'pass' },
    ]);
  });
});
