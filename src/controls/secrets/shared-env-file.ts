import { viewOf, type ServiceView } from '../compose/stack-view.ts';
import { trustZoneOf } from '../compose/trust-zones.ts';
import type { Control, StaticModel, StaticResult } from '../control.ts';
import { environmentCredentials } from './environment-credentials.ts';

const id = 'J-CRD-09';
const expected = "a data store's own credentials only";
/** Words of variables that are a data store's own, by the first part of the name. */
const ownPrefix =
  /^(POSTGRES|POSTGRESQL|PG|MYSQL|MARIADB|MONGO|MONGODB|REDIS|VALKEY|RABBITMQ|MINIO|INFLUX|INFLUXDB|DOCKER_INFLUXDB|ELASTIC|ELASTICSEARCH|OPENSEARCH|MEILI|MSSQL|SA|ACCEPT|CLICKHOUSE|COUCHDB|SOLR|NATS|KAFKA|DB|DATABASE|FILE)_|^PGPASSWORD$/i;

export const sharedEnvFile: Control = {
  id,
  title: 'A file of variables gives each service its own credentials only',
  severity: 'medium',
  domain: 'secrets',
  subject: 'service',
  why: 'One .env for all puts the key that signs sessions, mail and cloud credentials into every container; whoever takes over the least of them has all.',
  references: [
    'NIST SP 800-190 4.1.4',
    'OWASP Docker Security Cheat Sheet rule 12',
    'https://docs.docker.com/compose/how-tos/environment-variables/best-practices/',
  ],
  blindSpots: [
    'Which variables an application needs is not known: only data stores are judged, which never need those of others.',
    'A variable is known for theirs by its first word; one with a name of its own is taken for foreign.',
    'A file that could not be read is a gap.',
  ],
  remedy:
    'Give each service a file of its own, or name the variables that it needs under environment:.',
  static: (model) => {
    const credentials = environmentCredentials(model);
    const users = usersOfFiles(model);
    return viewOf(model).services.flatMap((view): StaticResult[] => {
      const shared = filesOf(view).filter((path) => (users.get(path)?.size ?? 0) > 1);
      if (shared.length === 0 || trustZoneOf(view) !== 'data') return [];
      const foreign = (credentials.get(view.name) ?? []).filter(
        ({ key, fromEnvFile }) => fromEnvFile && !ownPrefix.test(key),
      );
      return [
        {
          subject: view.name,
          status: foreign.length === 0 ? 'pass' : 'fail',
          expected,
          seen:
            foreign
              .slice(0, 10)
              .map(({ key }) => key)
              .join(', ') || 'so',
          location: ['services', view.name, 'env_file'],
        },
      ];
    });
  },
  examples: {
    pass: [exampleOf(['POSTGRES_PASSWORD'])],
    fail: [exampleOf(['POSTGRES_PASSWORD', 'JWT_SECRET']), exampleOf(['SMTP_PASSWORD'])],
  },
};

/** How many different images a file of variables is given to. */
function usersOfFiles(model: StaticModel): Map<string, Set<string>> {
  const users = new Map<string, Set<string>>();
  for (const view of viewOf(model).services) {
    const image = view.image.path || view.name;
    for (const path of filesOf(view)) {
      const set = users.get(path);
      if (set) set.add(image);
      else users.set(path, new Set([image]));
    }
  }
  return users;
}

function filesOf(view: ServiceView): string[] {
  const list: unknown = view.service['env_file'];
  const items: readonly unknown[] = Array.isArray(list) ? list : [list];
  return items.flatMap((item) => {
    if (typeof item === 'string') return [item];
    const path: unknown =
      typeof item === 'object' && item !== null && 'path' in item ? item.path : undefined;
    return typeof path === 'string' ? [path] : [];
  });
}

function exampleOf(keys: readonly string[]): StaticModel {
  const environment = Object.fromEntries(keys.map((key) => [key, 'v9Xk2mQ7pLr4Tz8W']));
  const shared = { env_file: ['.env'], environment };
  return {
    document: {
      services: {
        db: { image: 'postgres:17', ...shared },
        app: { image: 'example/app:1', ...shared },
      },
    },
    origin: () => ({ written: 'v9Xk2mQ7pLr4Tz8W', fromEnvFile: true }),
  };
}
