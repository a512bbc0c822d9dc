import { describe, expect, it } from 'vitest';
import type { StackService } from '../../src/catalog/stack.ts';
import type { TreeChange } from '../../src/state/tree-changes.ts';
import type { ServiceState } from '../../src/usecases/observe.ts';
import { renderPlan } from '../../src/usecases/render-plan.ts';
import type { Plan } from '../../src/usecases/plan.ts';
import { serviceChanges } from '../../src/usecases/service-changes.ts';

const services = [
  { name: 'app', configs: [{ path: 'config/app/a.conf' }] },
] as unknown as StackService[];
const running: ServiceState = {
  service: 'app',
  container: 'c1',
  state: 'running',
  health: 'healthy',
  config: 'wanted',
  image: '',
  imageId: '',
};
const change = (path: string, kind: TreeChange['kind']) => ({ path, kind }) as TreeChange;
const kindOf = (states: ServiceState[] | null, files: TreeChange[] = [], started = true) =>
  serviceChanges(services, files, new Map([['app', 'wanted']]), states, started).map(
    ({ service, kind }) => `${kind} ${service}`,
  );

describe('what happens to a service', () => {
  it.each([
    ['it runs as wanted', running, 'unchanged'],
    ['it has no container', { ...running, container: null, state: 'missing' }, 'create'],
    ['it has stopped', { ...running, state: 'exited', health: '' }, 'start'],
    ['it is not healthy', { ...running, health: 'unhealthy' }, 'wait'],
    ['it has another configuration', { ...running, config: 'other' }, 'recreate'],
    [
      'it was stopped with another one',
      { ...running, config: 'other', state: 'exited' },
      'recreate',
    ],
  ])('where %s', (_, state, kind) => {
    expect(kindOf([state])).toEqual([`${kind} app`]);
    // What runs is what counts, also where no generation says so.
    expect(kindOf([state], [], false)).toEqual([`${kind} app`]);
  });

  it('follows from the files where nobody knows what runs', () => {
    expect(kindOf(null)).toEqual(['unchanged app']);
    expect(kindOf(null, [change('config/app/a.conf', 'update')])).toEqual(['recreate app']);
    expect(kindOf(null, [change('compose/app.yml', 'create')])).toEqual(['create app']);
    expect(kindOf(null, [], false)).toEqual(['create app']);
  });

  it('is its removal where the stack has it no longer', () => {
    const old = { ...running, service: 'old' };
    expect(kindOf([running, old])).toEqual(['unchanged app', 'remove old']);
    expect(kindOf([running, old], [change('compose/old.yml', 'delete')])).toEqual([
      'unchanged app',
      'remove old',
    ]);
    expect(kindOf(null, [change('compose/old.yml', 'delete')])).toEqual([
      'unchanged app',
      'remove old',
    ]);
  });
});

describe('a plan for people', () => {
  const nothing: Plan = {
    version: 1,
    project: 'p',
    generation: 1,
    files: [],
    services: [{ service: 'app', kind: 'unchanged', because: [] }],
    secrets: [],
    images: [],
    unrecorded: false,
    unseen: null,
    hasChanges: false,
  };

  it('says that there are none only where both files and what runs are known', () => {
    expect(renderPlan(nothing)).toBe('No changes.\n');
    expect(renderPlan({ ...nothing, unseen: 'no engine' })).toBe(
      'No file changes. What runs is not known: no engine.\n',
    );
    expect(renderPlan({ ...nothing, unrecorded: true })).toBe(
      '+ a generation that records what runs\n',
    );
  });

  it('has a line for each service, secret and image', () => {
    const kinds = ['create', 'recreate', 'start', 'wait', 'remove', 'unchanged'] as const;
    const shown = renderPlan({
      ...nothing,
      services: kinds.map((kind) => ({ service: kind, kind, because: [] })),
      secrets: ['s'],
      images: ['a:1'],
    });
    expect(shown.trimEnd().split('\n')).toEqual([
      '+ service create',
      '~ service recreate',
      '> start start',
      '> wait for wait',
      '- service remove',
      '+ secret s',
      '+ pin a:1 to its digest',
    ]);
  });
});
