import type { RedisNeed } from '../../catalog/stack.ts';
import { renamedCommands } from '../../render/redis-rules.ts';
import { exampleProject } from '../compose/example.ts';
import type { Control, ProbeContext, Reading, StaticResult } from '../control.ts';
import { askRedis, redisService } from '../position/redis-admin.ts';
import { firstLine } from '../reading/probe-containers.ts';

const id = 'LOW-004';
const leastRenamed = 17;
const confFile = `secrets/${redisService}.redis.conf`;
const aclFile = `secrets/${redisService}.users.acl`;
const ownUsers = ['admin', 'default', 'health'];
const redisPort = 6379;

/**
 * Arguments with which each command passes the check of their number and does no harm where it is
 * let through: what it says then is another error, or nothing of weight.
 */
const harmless: Readonly<Record<string, string>> = {
  BGREWRITEAOF: '',
  BGSAVE: 'NONE',
  CLUSTER: 'HELP',
  CONFIG: 'GET none',
  DEBUG: 'HELP',
  FAILOVER: 'ABORT',
  FLUSHALL: 'NONE',
  FLUSHDB: 'NONE',
  KEYS: 'jacker-none',
  LATENCY: 'HELP',
  MIGRATE: '127.0.0.1 1 none 0 1',
  MODULE: 'HELP',
  PSYNC: '? -1',
  REPLICAOF: 'NO ONE',
  SAVE: '',
  SHUTDOWN: 'NONE',
  SLAVEOF: 'NO ONE',
  SWAPDB: '0 0',
};
/** Let through, these turn the connection into a stream: nothing after them would be answered. */
const streaming = ['MONITOR', 'PSYNC', 'SYNC'];

export const redisCommands: Control = {
  id,
  title: 'Dangerous Redis commands are out of reach',
  severity: 'high',
  domain: 'data',
  subject: 'cache',
  why: 'One FLUSHALL ends every session; CONFIG SET and MODULE LOAD run programs on the server.',
  references: ['J-RDS-01', 'J-RDS-02'],
  blindSpots: [
    'CONFIG GET rename-command answers nothing: a renaming is seen only by calling both names.',
  ],
  remedy: 'Keep rename-command lines with a secret suffix, and ACL users that begin with -@all.',
  static: ({ project }) => {
    if (!project?.stack.services.some(({ name }) => name === redisService)) return [];
    const conf = project.files.get(confFile);
    const acl = project.files.get(aclFile);
    const renamed = [...(conf ?? '').matchAll(/^rename-command (\S+) "?(\S*?)"?$/gm)];
    const guessable = renamed.filter(
      ([, command = '', name = '']) => name.length < command.length + 16,
    );
    const users = (acl ?? '').split('\n').filter((line) => line.startsWith('user '));
    const broad = users.filter((line) => isBroad(line.split(' ')));
    const known = conf !== undefined && acl !== undefined;
    return [
      {
        subject: redisService,
        file: confFile,
        location: ['rename-command'],
        expected: `${leastRenamed} or more, to names that cannot be guessed`,
        status: !known
          ? 'unknown'
          : renamed.length >= leastRenamed && guessable.length === 0
            ? 'pass'
            : 'fail',
        seen: known ? `${renamed.length}, ${guessable.length} guessable` : 'a file is missing',
      },
      {
        subject: redisService,
        file: aclFile,
        location: ['user'],
        expected: 'default off, no application user with all keys or all commands',
        status: !known
          ? 'unknown'
          : broad.length === 0 && users.some((line) => /^user default off /.test(line))
            ? 'pass'
            : 'fail',
        seen: known ? `${broad.length} too broad of ${users.length} users` : 'a file is missing',
      },
    ] satisfies StaticResult[];
  },
  probe: (context) => withRedis(context, probeRules),
  attack: (context) =>
    withRedis(context, async () => {
      const suffix = await context.readSecret('redis-command-suffix');
      const readings: Reading[] = [];
      for (const need of context.stack.redis) {
        if (!context.containers.has(need.service)) continue;
        readings.push(await attackAs(context, need, suffix));
      }
      return readings;
    }),
  examples: {
    pass: [
      exampleOf(20, 'f'.repeat(32), [
        'user default off -@all',
        'user app on #00 ~app:* -@all +@read',
      ]),
    ],
    fail: [
      exampleOf(16, 'f'.repeat(32), ['user default off -@all']),
      exampleOf(20, '1', ['user default off -@all']),
      exampleOf(20, 'f'.repeat(32), ['user default on nopass ~* +@all']),
      exampleOf(20, 'f'.repeat(32), ['user default off -@all', 'user app on #00 ~* -@all +@read']),
    ],
  },
};

/** True where an ACL line (its words) gives an application user all keys or all commands. */
function isBroad(words: readonly string[]): boolean {
  if (words[1] === 'admin' || words[2] === 'off') return false;
  return words.some((word) =>
    ['~*', 'allkeys', '+@all', 'allcommands', 'nopass', '+@dangerous', '+@admin'].includes(word),
  );
}

async function withRedis(
  context: ProbeContext,
  run: (context: ProbeContext) => Promise<Reading[]>,
): Promise<Reading[]> {
  if (context.stack.services.some((service) => service.name === redisService)) return run(context);
  return [
    {
      subject: redisService,
      status: 'not-applicable',
      read: 'the stack',
      from: context.stack.project,
      expected: 'Redis',
      seen: 'the stack has none',
    },
  ];
}

async function probeRules(context: ProbeContext): Promise<Reading[]> {
  const suffix = await context.readSecret('redis-command-suffix');
  const from = context.containers.get(redisService)?.name ?? redisService;
  const base = { subject: redisService, from };
  const [list = ''] = await askRedis(context, ['ACL LIST']);
  const users = list.split('\n').map((line) => line.split(' '));
  const names = users.map((words) => words[1] ?? '').sort();
  const wanted = [...ownUsers, ...context.stack.redis.map((need) => need.user)].sort();
  const off = users.some((words) => words[1] === 'default' && words[2] === 'off');
  const broad = users.filter(isBroad).map((words) => words[1] ?? '');
  const readings: Reading[] = [
    {
      ...base,
      read: 'ACL LIST: users',
      expected: wanted.join(', '),
      status: names.join() === wanted.join() ? 'pass' : 'fail',
      seen: names.join(', '),
    },
    {
      ...base,
      read: 'ACL LIST: rules',
      expected: 'default off, nobody with all keys or commands',
      status: off && broad.length === 0 ? 'pass' : 'fail',
      seen: `default ${off ? 'off' : 'on'}, too broad: ${broad.join(', ') || 'nobody'}`,
    },
  ];
  for (const need of context.stack.redis) {
    const calls = renamedCommands.map(
      (command) => `ACL DRYRUN ${need.user} ${command}-${suffix} ${harmless[command] ?? ''}`,
    );
    const answers = await askRedis(context, calls);
    const judged = renamedCommands.map((command, index) => {
      const answer = answers[index] ?? '';
      if (answer === 'OK') return { command, verdict: 'allowed' };
      return { command, verdict: /no permissions/.test(answer) ? 'denied' : 'unknown' };
    });
    const allowed = judged.filter(({ verdict }) => verdict === 'allowed');
    const unclear = judged.filter(({ verdict }) => verdict === 'unknown');
    readings.push({
      ...base,
      subject: need.service,
      read: `ACL DRYRUN ${need.user} of ${calls.length} commands`,
      expected: 'denied for each',
      status: allowed.length > 0 ? 'fail' : unclear.length > 0 ? 'unknown' : 'pass',
      seen:
        allowed.length > 0
          ? `allowed: ${allowed.map(({ command }) => command).join(', ')}`
          : unclear.length > 0
            ? `no such command under its new name: ${unclear.map(({ command }) => command).join(', ')}`
            : `${judged.length} denied`,
    });
  }
  return readings;
}

/** Runs every command by its old and its new name as a consumer, from the consumer's place. */
async function attackAs(context: ProbeContext, need: RedisNeed, suffix: string): Promise<Reading> {
  const password = await context.readSecret(need.secret);
  const base = {
    subject: need.service,
    read: `${renamedCommands.length} commands by old and new name as ${need.user}`,
    from: context.containers.get(need.service)?.name ?? need.service,
    expected: 'refused for each, own work done',
  };
  const calls = renamedCommands.flatMap((command) =>
    [command, `${command}-${suffix}`].map((name) => ({
      command,
      renamed: name !== command,
      line: `${name} ${harmless[command] ?? ''}`.trim(),
    })),
  );
  const key = `${need.prefix}jacker-probe`;
  const work = need.groups.includes('data')
    ? [`SET ${key} 1 EX 10`, `GET ${key}`, `DEL ${key}`]
    : ['PING'];
  const quiet = calls.filter(({ command }) => !streaming.includes(command));
  const loud = calls.filter(({ command }) => streaming.includes(command));
  const talk = (lines: readonly string[]) => ({
    kind: 'talk' as const,
    host: redisService,
    port: redisPort,
    send: [`AUTH ${need.user} ${password}`, ...lines, 'QUIT', ''].join('\r\n'),
    timeoutMs: 5000,
  });
  const marked = [...work, 'GET jacker-foreign', ...quiet.map(({ line }) => line)].flatMap(
    (line, index) => [line, `ECHO mark-${index}`],
  );
  try {
    const [main, ...streams] = await context.attacker.dial({ service: need.service }, [
      talk(marked),
      ...loud.map(({ line }) => talk([line])),
    ]);
    if (main?.kind !== 'talk' || !main.received.startsWith('+OK')) {
      return { ...base, status: 'unknown', seen: 'the consumer could not sign in' };
    }
    const answers = main.received.split(/\$\d+\r\nmark-\d+\r\n/);
    const first = (answers[0] ?? '').replace(/^\+OK\r\n/, '');
    const results = [first, ...answers.slice(1)];
    const failedWork = work.filter((_, index) => isError(results[index]));
    const foreign = results[work.length];
    const passed = [
      ...quiet.filter((_, index) => !isRefusal(results[work.length + 1 + index])),
      ...loud.filter((_, index) => {
        const stream = streams[index];
        // The first answer is that of AUTH.
        return stream?.kind === 'talk' && !isRefusal(stream.received.replace(/^\+OK\r\n/, ''));
      }),
    ];
    const wrong = [
      ...passed.map(({ command, renamed }) => `${command} by its ${renamed ? 'new' : 'old'} name`),
      ...(need.groups.includes('data') && !isRefusal(foreign) ? ['a key of others'] : []),
    ];
    if (wrong.length > 0)
      return { ...base, status: 'fail', seen: `let through: ${wrong.join(', ')}` };
    if (failedWork.length > 0) {
      return {
        ...base,
        status: 'fail',
        seen: `own work refused: ${failedWork.map((line) => line.split(' ')[0] ?? '').join(', ')}`,
      };
    }
    return { ...base, status: 'pass', seen: `${calls.length} refused, own work done` };
  } catch (error) {
    context.signal.throwIfAborted();
    return { ...base, status: 'unknown', seen: firstLine(error) };
  }
}

function isError(answer: string | undefined): boolean {
  return answer === undefined || answer === '' || answer.startsWith('-');
}

/** Refused by rule, or because there is no such name; any other answer means it was let in. */
function isRefusal(answer: string | undefined): boolean {
  return /^-(NOPERM|ERR unknown command|ERR (DEBUG|MODULE) command not allowed)/.test(answer ?? '');
}

function exampleOf(count: number, suffix: string, acl: readonly string[]) {
  const conf = renamedCommands
    .slice(0, count)
    .map((name) => `rename-command ${name} ${name}-${suffix}`);
  return exampleProject({
    stack: { services: [{ name: redisService } as never] },
    files: { [confFile]: `${conf.join('\n')}\n`, [aclFile]: `${acl.join('\n')}\n` },
  });
}
