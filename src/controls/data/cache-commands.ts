import { exampleService } from '../compose/example.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { optionOf, programWords } from '../compose/program-words.ts';
import { isRedis, redisAccess } from '../compose/redis-password.ts';
import type { Control } from '../control.ts';

const id = 'J-RDS-02';

export const cacheCommands: Control = {
  id,
  title: "Redis' dangerous commands are not left to its only user",
  severity: 'low',
  domain: 'data',
  subject: 'cache',
  why: 'With one password for all, each client may call FLUSHALL, CONFIG and SHUTDOWN. Users of their own may call what their application needs.',
  references: ['J-RDS-02', 'LOW-004'],
  blindSpots: ['Which commands an ACL file leaves to whom is not read here.'],
  remedy:
    'Give each client an ACL user with -@dangerous and keys of its own, or take commands away: --rename-command FLUSHALL "".',
  static: (model) => {
    const applies = {
      is: isRedis,
      not: 'not Redis',
      expected: 'ACL users, or dangerous commands renamed',
    };
    return checkPrograms(model, id, applies, (view) => {
      const { kind, key } = redisAccess(model, view);
      if (kind === 'none' || kind === 'unknown') {
        return { status: 'not-applicable', seen: 'has no password here, or a file decides' };
      }
      const limited =
        kind === 'users' ||
        optionOf(programWords(view), '--rename-command') !== undefined ||
        (view.environment.get('REDIS_DISABLE_COMMANDS') ?? '') !== '';
      return {
        status: limited ? 'pass' : 'fail',
        seen: limited ? 'so' : 'one user with every command',
        location: placeOf(view, key),
      };
    });
  },
  examples: {
    pass: [
      exampleService({
        image: 'redis:8',
        command: ['redis-server', '--aclfile', '/run/users.acl'],
      }),
      exampleService({
        image: 'redis:8',
        command: 'redis-server --requirepass x --rename-command FLUSHALL ""',
      }),
    ],
    fail: [
      exampleService({ image: 'redis:8', command: 'redis-server --requirepass x' }),
      exampleService({ image: 'bitnami/redis:7.4', environment: { REDIS_PASSWORD: 'x' } }),
    ],
  },
};
