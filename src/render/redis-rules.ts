import type { RedisNeed } from '../catalog/stack.ts';

/**
 * Commands that no consumer needs and that destroy, reveal or stall the whole server. They are
 * renamed to names with a secret suffix and denied by ACL. Data commands (DEL, UNLINK, SPOP, SREM,
 * RENAME) are not among them: they stay inside each user's keys, and sessions need them.
 */
export const renamedCommands: readonly string[] = [
  'BGREWRITEAOF',
  'BGSAVE',
  'CLUSTER',
  'CONFIG',
  'DEBUG',
  'FAILOVER',
  'FLUSHALL',
  'FLUSHDB',
  'KEYS',
  'LATENCY',
  'MIGRATE',
  'MODULE',
  'MONITOR',
  'PSYNC',
  'REPLICAOF',
  'SAVE',
  'SHUTDOWN',
  'SLAVEOF',
  'SWAPDB',
  'SYNC',
];

/** What every user may do: greet, sign in, name its connection, and ask whether the server lives. */
const connection = [
  '+ping',
  '+echo',
  '+hello',
  '+auth',
  '+quit',
  '+reset',
  '+client|setname',
  '+client|setinfo',
  '+client|id',
  '+select',
];

const groups: Readonly<Record<RedisNeed['groups'][number], readonly string[]>> = {
  data: [
    '+@read',
    '+@write',
    '+multi',
    '+exec',
    '+discard',
    '+watch',
    '+unwatch',
    '-@dangerous',
    '-@admin',
    '-@blocking',
    '-scan',
    '-randomkey',
    '-dbsize',
    '-copy',
    '-move',
  ],
  scripts: ['+eval', '+evalsha', '+eval_ro', '+evalsha_ro', '+script|load', '+script|exists'],
  pubsub: ['+subscribe', '+unsubscribe', '+psubscribe', '+punsubscribe', '+publish'],
  info: ['+info'],
};

/** One user of the ACL file: names, the SHA-256 of the password, keys, channels and rules. */
export interface RedisUser {
  name: string;
  passwordHash: string;
  keys: readonly string[];
  channels: readonly string[];
  rules: readonly string[];
}

/**
 * The rules of one consumer: its groups, inside its key prefix. ACL rules use the commands'
 * original names even where they are renamed (tried on Redis 7.0 and 8).
 */
export function consumerUser(need: RedisNeed, passwordHash: string): RedisUser {
  return {
    name: need.user,
    passwordHash,
    keys: [`${need.prefix}*`],
    channels: need.groups.includes('pubsub') ? [`${need.prefix}*`] : [],
    rules: [...connection, ...need.groups.flatMap((group) => groups[group])],
  };
}

/** The two users that are not a consumer's: the health check, and Jacker's reader of the rules. */
export function ownUsers(healthHash: string, adminHash: string): RedisUser[] {
  return [
    { name: 'health', passwordHash: healthHash, keys: [], channels: [], rules: ['+ping'] },
    {
      name: 'admin',
      passwordHash: adminHash,
      keys: ['*'],
      channels: [],
      rules: [
        ...connection,
        '+acl|whoami',
        '+acl|list',
        '+acl|users',
        '+acl|getuser',
        '+acl|dryrun',
        '+acl|log',
        '+info',
        '+client|list',
        '+dbsize',
        '+scan',
        '+type',
        '+ttl',
        '+strlen',
        '+get',
      ],
    },
  ];
}
