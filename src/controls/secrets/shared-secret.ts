import { viewOf, type ServiceView, type StackView } from '../compose/stack-view.ts';
import { trustZoneOf } from '../compose/trust-zones.ts';
import type { Control, StaticModel, StaticResult } from '../control.ts';

const id = 'J-CRD-07';
const expected = 'a secret for one service, or for services that talk to each other';
/** Folders and files whose name says that secrets are in them. */
const secretPath =
  /(^|\/)(\.?secrets?|credentials|passwords?|private|acme\.json|id_(rsa|ecdsa|ed25519)|\.env(\.[\w-]+)?|[\w.-]+\.key|[\w-]*(password|secret|token)s?\.txt)$/i;

export const sharedSecret: Control = {
  id,
  title: 'A file with a secret is given to the services that need it, and to no others',
  severity: 'medium',
  domain: 'secrets',
  subject: 'project',
  why: 'A secret that two unrelated services hold is lost with either of them, and cannot be changed for one alone.',
  references: ['NIST SP 800-190 4.1.4', 'OWASP Docker Security Cheat Sheet rule 12'],
  blindSpots: [
    'Services that share a network, or each share one with a third reader, are taken for related: whether each of them needs the secret is not known.',
    'A data store with its clients is the matter of J-PATH-03.',
    'Mounted files and folders are known by their names.',
  ],
  remedy:
    'Make a secret for each service, and mount single files instead of the folder of all secrets.',
  static: (model) => [...ofSecrets(model), ...ofMounts(model)],
  examples: {
    pass: [
      exampleOf({ a: ['front'], b: ['front'] }),
      exampleOf({ a: ['one'], hub: ['one', 'two'], b: ['two'] }),
      {
        document: {
          services: {
            a: { networks: { x: null }, volumes: ['./secrets/a.key:/key:ro'] },
            b: { networks: { y: null }, volumes: ['./config:/config:ro'] },
          },
        },
      },
    ],
    fail: [
      exampleOf({ a: ['one'], b: ['two'] }),
      {
        document: {
          services: {
            a: { volumes: ['./secrets:/secrets:ro'] },
            b: { volumes: ['./secrets:/run/keys:ro'] },
          },
        },
      },
      {
        document: {
          services: {
            a: { networks: { x: null }, volumes: ['./tls/site.key:/key:ro'] },
            b: { networks: { y: null }, volumes: ['./tls/site.key:/key:ro'] },
          },
        },
      },
    ],
  },
};

function ofSecrets(model: StaticModel): StaticResult[] {
  const readers = new Map<string, Set<ServiceView>>();
  for (const view of viewOf(model).services) {
    for (const entry of view.service.secrets ?? []) {
      const name = typeof entry === 'string' ? entry : entry.source;
      if (typeof name === 'string') add(readers, name, view);
    }
  }
  return [...readers].flatMap(([name, views]) => {
    if (views.size > 1 && [...views].some((view) => trustZoneOf(view) === 'data')) return [];
    return [judge(model, name, views, false)];
  });
}

function ofMounts(model: StaticModel): StaticResult[] {
  const readers = new Map<string, Set<ServiceView>>();
  for (const view of viewOf(model).services) {
    for (const { type, source } of view.mounts) {
      const path = source.replace(/\/+$/, '');
      if (type === 'bind' && secretPath.test(path)) add(readers, path, view);
    }
  }
  return [...readers].map(([path, views]) =>
    // Whoever has a whole folder reads the secrets of all the others, related or not.
    judge(model, path, views, !/\.[\w-]+$|id_/.test(path.split('/').at(-1) ?? '')),
  );
}

function judge(
  model: StaticModel,
  name: string,
  views: ReadonlySet<ServiceView>,
  isFolder: boolean,
): StaticResult {
  const [first] = views;
  const key = model.document.secrets?.[name] ? 'secrets' : 'volumes';
  const location = key === 'secrets' ? ['secrets', name] : ['services', first?.name ?? '', key];
  const holds = views.size < 2 || (!isFolder && areRelated(viewOf(model), [...views]));
  return {
    subject: name,
    status: holds ? 'pass' : 'fail',
    expected,
    seen: [...views]
      .slice(0, 10)
      .map((view) => view.name)
      .join(', '),
    location,
  };
}

/** True where one network has all of them, or one of them shares a network with each other one. */
function areRelated(stack: StackView, views: readonly ServiceView[]): boolean {
  if (views.some((view) => view.service.network_mode !== undefined)) return true;
  const counts = new Map<string, number>();
  for (const view of views) {
    for (const network of view.networks) counts.set(network, (counts.get(network) ?? 0) + 1);
  }
  if ([...counts.values()].some((count) => count === views.length)) return true;
  // Only the best connected can be in the middle; three are tried, so that the cost stays linear.
  const candidates = [...views].sort((a, b) => b.networks.length - a.networks.length).slice(0, 3);
  return candidates.some((middle) => {
    const near = new Set(middle.networks.filter((network) => stack.members.has(network)));
    return views.every((view) => view.networks.some((network) => near.has(network)));
  });
}

function add(map: Map<string, Set<ServiceView>>, key: string, view: ServiceView): void {
  const set = map.get(key);
  if (set) set.add(view);
  else map.set(key, new Set([view]));
}

/** Services on networks, each of which reads one secret. */
function exampleOf(networks: Readonly<Record<string, readonly string[]>>): StaticModel {
  return {
    document: {
      services: Object.fromEntries(
        Object.entries(networks).map(([name, list]) => [
          name,
          { networks: Object.fromEntries(list.map((one) => [one, null])), secrets: ['token'] },
        ]),
      ),
      secrets: { token: { file: './secrets/token' } },
    },
  };
}
