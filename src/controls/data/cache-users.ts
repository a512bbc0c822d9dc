import { isRedis } from '../compose/redis-password.ts';
import { checkPrograms } from '../compose/program-check.ts';
import { storeLogins, type StoreLogin } from '../compose/store-logins.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import { exampleProject } from '../compose/example.ts';
import { redisService } from '../position/redis-admin.ts';
import type { Control, StaticModel } from '../control.ts';

const id = 'HIGH-004';

export const cacheUsers: Control = {
  id,
  title: 'Each application has a Redis user of its own',
  severity: 'medium',
  domain: 'data',
  subject: 'cache',
  why: 'Applications that sign in to one Redis as the same user read and delete the keys of each other: sessions, queues, caches.',
  references: ['HIGH-004', 'J-RDS-02', 'J-OAP-04'],
  blindSpots: [
    'Only what environment variables say is read. Services whose images come from the same maker are taken for one application.',
  ],
  remedy:
    'Give each application an ACL user that is limited to its own key prefix, or a Redis server of its own.',
  static: (model) => {
    const { byStore } = storeLogins(model);
    const applies = {
      is: isRedis,
      not: 'not Redis',
      expected: 'no user that two applications share',
    };
    return checkPrograms(model, id, applies, (view) => {
      const shared =
        view.known && view.name === redisService
          ? sharedInProject(model)
          : sharedIn(byStore.get(view.name) ?? []);
      if (shared === null) return { status: 'not-applicable', seen: 'no client is known' };
      return shared.length === 0
        ? { status: 'pass', seen: 'so' }
        : { status: 'fail', seen: `shared by ${shared.join(', ')}` };
    });
  },
  examples: {
    pass: [
      exampleOf({ cloud: 'redis://cloud:x@cache/0', docs: 'redis://docs:x@cache/1' }),
      exampleOf({ cloud: 'redis://cache/0' }),
      exampleProject({
        stack: { redis: [] },
        document: exampleOf({ app: 'redis://app:x@cache' }).document,
      }),
    ],
    fail: [
      exampleOf({ cloud: 'redis://cache/0', docs: 'redis://cache/1' }),
      exampleOf({ cloud: 'redis://:x@cache/0', docs: 'redis://:x@cache/1' }),
    ],
  },
};

/** The clients of the first user that two applications share; null where no client is known. */
function sharedIn(logins: readonly StoreLogin[]): string[] | null {
  if (logins.length === 0) return null;
  const users = new Map<string, Map<string, string>>();
  for (const { client, user } of logins) {
    if (client.role === 'database-ui' || client.image.path.includes('exporter')) continue;
    const applications = users.get(user ?? '') ?? new Map<string, string>();
    const application = applicationOf(client);
    if (!applications.has(application)) applications.set(application, client.name);
    users.set(user ?? '', applications);
  }
  const shared = [...users.values()].find((applications) => applications.size > 1);
  return shared ? [...shared.values()] : [];
}

function sharedInProject({ project }: StaticModel): string[] | null {
  const needs = project?.stack.redis ?? [];
  const users = new Map(needs.map(({ user, service }) => [user, service]));
  return needs
    .filter(({ user, service }) => users.get(user) !== service)
    .map(({ service }) => service);
}

/** Server and worker of one application come from one maker, or are built from one project. */
function applicationOf({ image, service }: ServiceView): string {
  if (service['build'] !== undefined || image.path === '') return 'built here';
  const slash = image.path.lastIndexOf('/');
  const maker = slash < 0 ? image.path : image.path.slice(0, slash);
  // These publish images of many different applications.
  return ['library', 'linuxserver', 'bitnami', 'hotio'].includes(maker)
    ? image.path
    : `${image.registry}/${maker}`;
}

function exampleOf(clients: Readonly<Record<string, string>>): StaticModel {
  return {
    document: {
      services: {
        cache: { image: 'redis:8' },
        ...Object.fromEntries(
          Object.entries(clients).map(([name, url]) => [
            name,
            { image: `${name}:1`, environment: { REDIS_URL: url } },
          ]),
        ),
      },
    },
  };
}
