import { describe, expect, it } from 'vitest';
import type { ProbeContext, Reading } from '../../../src/controls/control.ts';
import type { DialTask } from '../../../src/controls/position/attacker.ts';
import { tryPublishedLogins } from '../../../src/controls/secrets/default-logins.ts';

type Answer = (line: string) => string | null;
const wrong: Answer = (line) =>
  line === 'PING' ? '-NOAUTH Authentication required.' : '-WRONGPASS invalid pair';

/** A stack with a sign-in page that answers with these, and Redis. */
function stackWith(answers: { statuses?: readonly number[]; session?: number; redis?: Answer }) {
  let asked = 0;
  const sent: string[] = [];
  const context = {
    signal: new AbortController().signal,
    settings: { values: { AUTH_MODE: 'local', ADMIN_USER: 'boss', DOMAIN: 'x' }, sources: {} },
    stack: {
      domain: 'x',
      postgres: [],
      redis: answers.redis ? [{ service: 'app', user: 'app' }] : [],
    },
    containers: new Map([['app', { name: 'p-app-1' }]]),
    edge: {
      address: 'edge',
      request: () => {
        const status = answers.statuses?.[asked] ?? 401;
        const setCookie = asked === answers.session ? ['__Secure-jacker_session=abc; Path=/'] : [];
        asked += 1;
        return Promise.resolve({ status, headers: {}, setCookie, body: '' });
      },
    },
    attacker: {
      dial: (_: unknown, tasks: readonly DialTask[]) =>
        Promise.resolve(
          tasks.map((task) => {
            const [line = '', quit] = task.kind === 'talk' ? task.send.split('\r\n') : [];
            expect(quit).toBe('QUIT');
            sent.push(line);
            const reply = answers.redis?.(line) ?? null;
            const received = reply === null ? '' : `${reply}\r\n+OK\r\n`;
            return { kind: 'talk', outcome: 'answered', received, detail: '' };
          }),
        ),
    },
  } as unknown as ProbeContext;
  return { context, sent };
}

async function about(subject: string, context: ProbeContext): Promise<Reading> {
  const found = (await tryPublishedLogins(context)).filter((one) => one.subject === subject);
  expect(found).toHaveLength(1);
  return found[0]!;
}

describe('sign-ins with published passwords', () => {
  it('are refused only where each was answered as a wrong password', async () => {
    expect(await about('oauth', stackWith({}).context)).toMatchObject({
      status: 'pass',
      seen: '6 refused',
    });
  });

  it.each([
    [[401, 401, 429, 429, 429, 429], /^2 of 6 refused; rate limited/],
    [[429, 429, 429, 429, 429, 429], /^0 of 6 refused; rate limited/],
    [[401, 401, 401, 401, 401, 429], /^5 of 6 refused; rate limited/],
    [[502, 401, 401, 401, 401, 401], /^5 of 6 refused; answered 502/],
    [[404, 404, 404, 404, 404, 404], /^0 of 6 refused; answered 404/],
  ])('are unknown where some were not really tried: %j', async (statuses, seen) => {
    const reading = await about('oauth', stackWith({ statuses }).context);
    expect(reading.status).toBe('unknown');
    expect(reading.seen).toMatch(seen);
  });

  it('fail where one gives a session, whatever became of the others', async () => {
    const { context } = stackWith({ statuses: [429, 429, 302, 429, 429, 429], session: 2 });
    expect(await about('oauth', context)).toMatchObject({ status: 'fail' });
  });
});

describe('Redis and published passwords', () => {
  it('are refused for the default user, the administrator and the consumer', async () => {
    const { context, sent } = stackWith({ redis: wrong });
    const reading = await about('redis', context);
    expect(reading).toMatchObject({ status: 'pass', from: 'p-app-1' });
    expect(reading.seen).toBe(`${String(sent.length)} refused`);
    expect(sent).toEqual(
      expect.arrayContaining([
        ...['PING', 'AUTH ""', 'AUTH redis', 'AUTH default password', 'AUTH default default'],
        ...['AUTH admin admin', 'AUTH app changeme', 'AUTH app app'],
      ]),
    );
  });

  it.each(['PING', 'AUTH ""', 'AUTH redis', 'AUTH default default', 'AUTH app app'])(
    'fail where %s is let in',
    async (open) => {
      const redis: Answer = (line) => (line === open ? '+OK' : wrong(line));
      expect(await about('redis', stackWith({ redis }).context)).toMatchObject({ status: 'fail' });
    },
  );

  it('are unknown where Redis closes early, or answers something else', async () => {
    let left = 4;
    const early: Answer = (line) => (left-- > 0 ? wrong(line) : null);
    expect(await about('redis', stackWith({ redis: early }).context)).toMatchObject({
      status: 'unknown',
    });
    const loading: Answer = () => '-LOADING Redis is loading the dataset in memory';
    expect(await about('redis', stackWith({ redis: loading }).context)).toMatchObject({
      status: 'unknown',
    });
  });
});
