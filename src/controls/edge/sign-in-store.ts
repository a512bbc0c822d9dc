import { redisAccess, isRedis } from '../compose/redis-password.ts';
import { viewOf } from '../compose/stack-view.ts';
import { passwordInAddress } from '../secrets/environment-credentials.ts';
import type { Control, StaticModel } from '../control.ts';
import { judgeProxy, signInProxies, valuesOf, type SignInProxy } from './sign-in-options.ts';

const id = 'J-OAP-04';
const expected = 'a password for the store of sessions';
const urls = [
  'redis_connection_url',
  'redis_sentinel_connection_url',
  'redis_cluster_connection_url',
];

export const signInStore: Control = {
  id,
  title: 'The store of sessions asks for a password',
  severity: 'medium',
  domain: 'edge',
  subject: 'service',
  why: 'Who reaches an open store deletes every session, or keeps one alive that was ended; where only one side has a password, nobody stays signed in.',
  references: [
    'CRIT-005',
    'https://oauth2-proxy.github.io/oauth2-proxy/configuration/session_storage/',
  ],
  blindSpots: [
    'A configuration file is not read.',
    'Whether the passwords of both sides are the same is seen when somebody signs in.',
    'Sessions in the cookie itself have no store.',
  ],
  remedy:
    'Give Redis a user with a password, and oauth2-proxy the same: OAUTH2_PROXY_REDIS_PASSWORD.',
  static: (model) =>
    signInProxies(model).flatMap((proxy) => {
      if (valuesOf(proxy, 'session_store_type').at(-1) !== 'redis') {
        const seen = proxy.hasFile ? 'a file may name one' : 'sessions are in the cookie';
        return judgeProxy(proxy, expected, [], { status: 'not-applicable', seen });
      }
      const option = urls.find((name) => proxy.options.has(name)) ?? 'session_store_type';
      if (hasPassword(proxy)) {
        return judgeProxy(proxy, expected, [], { status: 'pass', seen: 'a password' });
      }
      if (proxy.hasFile) {
        return judgeProxy(proxy, expected, [], { status: 'unknown', seen: 'a file may have one' });
      }
      const seen = storeOf(model, proxy);
      return judgeProxy(proxy, expected, [{ option, seen }], { status: 'pass', seen });
    }),
  examples: {
    pass: [
      exampleOf({ OAUTH2_PROXY_REDIS_PASSWORD: '${REDIS_PASSWORD}' }, 'redis://store:6379'),
      exampleOf({}, 'redis://:${REDIS_PASSWORD}@store:6379'),
    ],
    fail: [
      exampleOf({}, 'redis://store:6379'),
      exampleOf({}, 'redis://store:6379', ['redis-server', '--requirepass', '${REDIS_PASSWORD}']),
    ],
  },
};

function hasPassword(proxy: SignInProxy): boolean {
  const names = ['redis_password', 'redis_password_file', 'redis_sentinel_password'];
  return (
    names.some((name) => proxy.options.has(name)) ||
    urls.some((name) => valuesOf(proxy, name).some((url) => passwordInAddress(url) !== null))
  );
}

/** What the store itself asks for, where it is in the document. */
function storeOf(model: StaticModel, proxy: SignInProxy): string {
  for (const name of urls) {
    for (const url of valuesOf(proxy, name)) {
      const host = /:\/\/(?:[^@/]*@)?([^:/?]+)/.exec(url)?.[1] ?? '';
      const store = viewOf(model).byName.get(host);
      if (!store || !isRedis(store)) continue;
      const { kind } = redisAccess(model, store);
      if (kind === 'password' || kind === 'users') {
        return 'none, though the store asks for one: no session is kept';
      }
    }
  }
  return 'none';
}

function exampleOf(
  environment: Readonly<Record<string, string>>,
  url: string,
  command?: readonly string[],
): StaticModel {
  return {
    document: {
      services: {
        oauth: {
          image: 'quay.io/oauth2-proxy/oauth2-proxy:v7.8.1',
          environment: {
            OAUTH2_PROXY_SESSION_STORE_TYPE: 'redis',
            OAUTH2_PROXY_REDIS_CONNECTION_URL: url,
            ...environment,
          },
        },
        store: { image: 'redis:8', ...(command ? { command } : {}) },
      },
    },
  };
}
