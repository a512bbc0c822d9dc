import { exampleService } from '../compose/example.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { programWords } from '../compose/program-words.ts';
import { isRedis } from '../compose/redis-password.ts';
import type { Control, StaticModel } from '../control.ts';

const id = 'J-RDS-04';
const applies = {
  is: isRedis,
  not: 'not Redis',
  expected: 'commands that applications live on, under their names',
};
/** Ordinary work on data; libraries call them by these names: https://redis.io/docs/latest/commands/ */
const ordinary = new Set(
  'DEL UNLINK EXPIRE EXISTS GET SET SETEX SPOP SREM SADD HSET HGET HDEL INCR LPUSH RPOP PUBLISH SUBSCRIBE SCAN TTL TYPE EVAL EVALSHA RENAME MULTI EXEC INFO PING AUTH SELECT'.split(
    ' ',
  ),
);

export const renamedCommands: Control = {
  id,
  title: 'Redis keeps the commands that its applications call',
  severity: 'medium',
  domain: 'data',
  subject: 'cache',
  why: 'A library that cannot call DEL cannot end a session: logins break, and what is loosened in a hurry afterwards is wider than it was before.',
  references: [
    'LOW-004',
    'https://redis.io/docs/latest/operate/oss_and_stack/management/security/',
  ],
  blindSpots: [
    'A mounted redis.conf or ACL file is not read.',
    'Which commands this application calls is not known: those are meant that nearly all do.',
  ],
  remedy:
    'Leave commands on data their names, and keep each user to a prefix of keys by ACL: ~app:* +@all -@dangerous.',
  static: (model) =>
    checkPrograms(model, id, applies, (view) => {
      const words = programWords(view);
      const found = words.flatMap((word, index) => {
        const command = (words[index + 1] ?? '').toUpperCase();
        return word === '--rename-command' && ordinary.has(command) ? [command] : [];
      });
      return {
        status: found.length === 0 ? 'pass' : 'fail',
        seen: found.length === 0 ? 'so' : `renamed: ${found.slice(0, 8).join(', ')}`,
        location: placeOf(view, view.service.command === undefined ? 'image' : 'command'),
      };
    }),
  examples: {
    pass: [
      exampleOf(['--rename-command', 'FLUSHALL', '', '--rename-command', 'CONFIG', '']),
      exampleOf(['--appendonly', 'yes']),
    ],
    fail: [
      exampleOf(['--rename-command', 'DEL', 'd41d8']),
      exampleOf('redis-server --rename-command FLUSHALL "" --rename-command unlink ""'),
    ],
  },
};

function exampleOf(command: string | string[]): StaticModel {
  return exampleService({ image: 'redis:8.2', command });
}
