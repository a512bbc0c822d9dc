import { exampleService } from '../compose/example.ts';
import { serviceNames } from '../compose/service-names.ts';
import { viewOf, type ServiceView } from '../compose/stack-view.ts';
import type { Control, StaticModel, StaticResult } from '../control.ts';
import { isCredentialName } from './credential-names.ts';

const id = 'J-CRD-10';
const expected = 'one value for each credential';
/** How the server of a database is given the password of a user. */
const serverKeys: readonly { user: RegExp; password: RegExp; root?: string }[] = [
  { user: /^POSTGRES_USER$/, password: /^POSTGRES_PASSWORD$/, root: 'postgres' },
  { user: /^(MYSQL|MARIADB)_USER$/, password: /^(MYSQL|MARIADB)_PASSWORD$/ },
];
const address =
  /^[a-z][a-z0-9+.-]{0,30}:\/\/([^/\s:@?#]{1,200}):([^/\s?#@]{1,500})@([A-Za-z0-9_.-]{1,200})/;

export const doubleSecret: Control = {
  id,
  title: 'A credential has one value, in one place',
  severity: 'medium',
  domain: 'secrets',
  subject: 'service',
  why: 'Where a variable and a file both hold a password, or client and server hold different ones, one of them is wrong: the service refuses to start, or nobody gets in, and which of the two counts is found out under pressure.',
  references: ['https://hub.docker.com/_/postgres', 'HIGH-003'],
  blindSpots: [
    'What is in a file is not compared. A password that was changed in the database itself is not seen: that is what happens where a secret is replaced and the role is not altered.',
    'Clients are compared where an address names the user, the password and the service.',
  ],
  remedy:
    'Keep the _FILE variable and take the other one out; give client and server the same secret.',
  static: (model) => {
    const names = serviceNames(model);
    return viewOf(model).services.flatMap((view): StaticResult[] => {
      const base = { subject: view.name, expected };
      const found: StaticResult[] = [];
      let applies = false;
      for (const [key, value] of view.environment) {
        const location = ['services', view.name, 'environment', key];
        if (isCredentialName(key)) {
          applies = true;
          const twin = [`${key}_FILE`, `${key}__FILE`].find((name) => view.environment.get(name));
          if (value !== '' && twin !== undefined) {
            found.push({ ...base, status: 'fail', seen: `${key} and ${twin}`, location });
          }
        }
        const store = differing(value, names);
        if (store === undefined) continue;
        applies = true;
        if (store !== null) {
          const seen = `another password in ${key} than ${store} has`;
          found.push({ ...base, status: 'fail', seen, location });
        }
      }
      if (found.length > 0 || !applies) return found;
      const location = ['services', view.name, 'environment'];
      return [{ ...base, status: 'pass', seen: 'so', location }];
    });
  },
  examples: {
    pass: [
      exampleService({ environment: { POSTGRES_PASSWORD: '', POSTGRES_PASSWORD_FILE: '/run/s' } }),
      pair('postgres://app:v9Xk2mQ7pLr4Tz8W@db/app', 'v9Xk2mQ7pLr4Tz8W'),
      pair('postgres://reader:Kq3bN8vX5cWs1Yd7@db/app', 'v9Xk2mQ7pLr4Tz8W'),
    ],
    fail: [
      exampleService({
        image: 'postgres:17',
        environment: { POSTGRES_PASSWORD: 'v9Xk2mQ7pLr4Tz8W', POSTGRES_PASSWORD_FILE: '/run/s' },
      }),
      exampleService({ environment: { API_TOKEN: 'x1', API_TOKEN__FILE: '/run/secrets/t' } }),
      pair('postgres://app:Kq3bN8vX5cWs1Yd7@db/app', 'v9Xk2mQ7pLr4Tz8W'),
    ],
  },
};

/**
 * The service whose password for the user is another one; null where it is the same, undefined
 * where an address does not say or the server's is not known.
 */
function differing(
  value: string,
  names: ReadonlyMap<string, ServiceView>,
): string | null | undefined {
  if (!value.includes('://')) return undefined;
  const [, user = '', password = '', host = ''] = address.exec(value) ?? [];
  const store = host === '' ? undefined : names.get(host);
  if (!store || value.includes('$')) return undefined;
  const own = passwordOf(store, user);
  if (own === undefined || own === '' || own.includes('$')) return undefined;
  return own === decoded(password) ? null : store.name;
}

function passwordOf({ environment }: ServiceView, user: string): string | undefined {
  for (const keys of serverKeys) {
    let known: string | undefined;
    let password: string | undefined;
    for (const [key, value] of environment) {
      if (keys.user.test(key)) known = value;
      else if (keys.password.test(key)) password = value;
    }
    if (password !== undefined && (known || keys.root) === user) return password;
  }
  return undefined;
}

/** As a client reads it out of an address. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function pair(url: string, password: string): StaticModel {
  return {
    document: {
      services: {
        app: { image: 'example/app:1', environment: { DATABASE_URL: url } },
        db: {
          image: 'postgres:17',
          environment: { POSTGRES_USER: 'app', POSTGRES_PASSWORD: password },
        },
      },
    },
  };
}
