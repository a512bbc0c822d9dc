import { viewOf } from '../compose/stack-view.ts';
import type { ComposeService } from '../../harden/compose-model.ts';
import type { Control, StaticModel, StaticResult } from '../control.ts';

const id = 'J-NET-11';
const expected = "names that begin with the project's";
const mostNamed = 5;

export const fixedNames: Control = {
  id,
  title: "What the engine makes for the stack has the project's name",
  severity: 'info',
  domain: 'operations',
  subject: 'project',
  why: "Names of containers, networks and volumes are the whole host's: with fixed ones a second copy of the stack, for a trial or a restore, cannot run beside the first, or takes its network and data.",
  references: ['https://docs.docker.com/compose/how-tos/project-name/'],
  blindSpots: [
    'A name that is fixed on purpose, because a program outside of the stack knows it, is not told apart.',
    'What is made elsewhere (external) is the matter of J-NET-12.',
  ],
  remedy:
    'Take container_name and name: out, or put the project into them: name: ${COMPOSE_PROJECT_NAME}_front. Services find each other by the names of services.',
  static: (model) => {
    const found: { name: string; location: readonly string[] }[] = [];
    const project = model.document.name;
    const add = (name: unknown, location: readonly string[]): void => {
      if (typeof name !== 'string' || name === '' || name.includes('$')) return;
      const written = model.origin?.(location)?.written ?? name;
      if (written.includes('$') || (project && name.startsWith(project))) return;
      found.push({ name, location });
    };
    for (const { name, service } of viewOf(model).services) {
      add(service['container_name'], ['services', name, 'container_name']);
    }
    for (const kind of ['networks', 'volumes'] as const) {
      for (const [key, entry] of Object.entries(model.document[kind] ?? {})) {
        const { name, external } = (entry ?? {}) as { name?: unknown; external?: unknown };
        if (!external) add(name, [kind, key, 'name']);
      }
    }
    const [first] = found;
    const names = found.slice(0, mostNamed).map(({ name }) => name);
    const more = found.length > mostNamed ? ` and ${found.length - mostNamed} more` : '';
    return [
      {
        subject: 'project',
        status: first ? 'fail' : 'pass',
        expected,
        seen: first ? `${names.join(', ')}${more}` : 'so',
        location: first?.location ?? ['services'],
      } satisfies StaticResult,
    ];
  },
  examples: {
    pass: [
      exampleOf({ image: 'example/app:1' }),
      { document: { name: 'shop', services: {}, networks: { front: { name: 'shop_front' } } } },
      { document: { services: {}, networks: { edge: { name: 'edge', external: true } } } },
    ],
    fail: [
      exampleOf({ image: 'example/app:1', container_name: 'app' }),
      { document: { services: {}, networks: { front: { name: 'front' } } } },
      { document: { services: {}, volumes: { data: { name: 'data' } } } },
    ],
  },
};

function exampleOf(app: ComposeService): StaticModel {
  return { document: { services: { app } } };
}
