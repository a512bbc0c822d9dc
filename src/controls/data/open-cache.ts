import { exposureOf } from '../compose/edge-exposure.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { isRedis, redisAccess } from '../compose/redis-password.ts';
import type { Control, StaticModel } from '../control.ts';
import type { ComposeService } from '../../harden/compose-model.ts';

const id = 'J-RDS-01';

export const openCache: Control = {
  id,
  title: 'A Redis server that strangers come near asks for a password',
  severity: 'critical',
  domain: 'data',
  subject: 'cache',
  grant: true,
  why: 'Redis without a password takes orders from whoever reaches its port: it gives out every session, and with CONFIG SET or MODULE LOAD it writes files and runs programs.',
  references: ['J-RDS-01', 'LOW-004', 'OWASP Docker Security Cheat Sheet rule 5a'],
  blindSpots: [
    'A mounted redis.conf is not read, and neither is what a firewall lets through.',
    'Edge routers are known by the names of common images.',
  ],
  remedy:
    'Take the published port out, put the server on a network without the edge router, and set requirepass or ACL users.',
  static: (model) => {
    const applies = {
      is: isRedis,
      not: 'not Redis',
      expected: 'a password, or out of the reach of strangers',
    };
    return checkPrograms(model, id, applies, (view) => {
      const exposure = exposureOf(model, view);
      if (exposure === null) return { status: 'not-applicable', seen: 'out of reach' };
      const { kind, seen, key } = redisAccess(model, view);
      return {
        status: kind === 'none' ? 'fail' : kind === 'unknown' ? 'unknown' : 'pass',
        seen: `${seen}, ${exposure}`,
        location: placeOf(view, exposure.startsWith('published') ? 'ports' : key),
      };
    });
  },
  examples: {
    pass: [
      exampleOf({
        image: 'redis:8',
        command: 'redis-server --requirepass x',
        ports: ['6379:6379'],
      }),
      exampleOf({
        image: 'valkey/valkey:8',
        command: ['--aclfile', '/a.acl'],
        networks: ['front'],
      }),
      exampleOf({
        image: 'bitnami/redis:7.4',
        environment: { REDIS_PASSWORD_FILE: '/run/secrets/r' },
        ports: ['6379:6379'],
      }),
    ],
    fail: [
      exampleOf({ image: 'redis:8', ports: ['6379:6379'], networks: ['back'] }),
      // The image does not know the variable.
      exampleOf({ image: 'redis:8', environment: { REDIS_PASSWORD: 'x' }, networks: ['front'] }),
      exampleOf({ image: 'redis:8', network_mode: 'host' }),
      exampleOf({
        image: 'bitnami/redis:7.4',
        environment: { ALLOW_EMPTY_PASSWORD: 'yes' },
        ports: [{ target: 6379, published: '6379', host_ip: '0.0.0.0' }],
      }),
    ],
  },
};

function exampleOf(cache: ComposeService): StaticModel {
  return {
    document: {
      services: {
        proxy: { image: 'traefik:v3.5', ports: ['443:443'], networks: ['front'] },
        cache,
      },
    },
  };
}
