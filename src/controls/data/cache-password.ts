import { exampleService } from '../compose/example.ts';
import { exposureOf } from '../compose/edge-exposure.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { isRedis, redisAccess } from '../compose/redis-password.ts';
import type { Control } from '../control.ts';

const id = 'J-RDS-03';

export const cachePassword: Control = {
  id,
  title: 'Redis asks its clients for a password',
  severity: 'medium',
  domain: 'data',
  subject: 'cache',
  why: 'Every service on the network of a Redis server without a password may read all sessions, empty it, or change how it runs.',
  references: ['J-RDS-01', 'LOW-004'],
  blindSpots: ['A mounted redis.conf is not read.'],
  remedy:
    'Start it with an ACL file, or with --requirepass and a password from a secret, and give the password to its clients.',
  static: (model) => {
    const applies = { is: isRedis, not: 'not Redis', expected: 'a password or ACL users' };
    return checkPrograms(model, id, applies, (view) => {
      if (exposureOf(model, view) !== null) {
        return { status: 'not-applicable', seen: 'strangers come near it: see J-RDS-01' };
      }
      const { kind, seen, key } = redisAccess(model, view);
      return {
        status: kind === 'none' ? 'fail' : kind === 'unknown' ? 'unknown' : 'pass',
        seen,
        location: placeOf(view, key),
      };
    });
  },
  examples: {
    pass: [
      exampleService({
        image: 'redis:8',
        command: ['sh', '-c', 'exec redis-server --requirepass "$REDIS_PASSWORD"'],
      }),
      exampleService({
        image: 'redis/redis-stack:7.4.0-v3',
        environment: { REDIS_ARGS: '--requirepass x' },
      }),
      exampleService({
        image: 'docker.dragonflydb.io/dragonflydb/dragonfly:v1.30',
        command: 'dragonfly --requirepass=x',
      }),
    ],
    fail: [
      exampleService({ image: 'redis:8' }),
      exampleService({ image: 'docker.io/library/redis:8', command: 'redis-server --save 60 1' }),
      exampleService({ image: 'redis:8', command: ['redis-server', '--requirepass', ''] }),
      exampleService({ image: 'valkey/valkey:8', ports: ['127.0.0.1:6379:6379'] }),
    ],
  },
};
