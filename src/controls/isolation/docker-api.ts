import type { DockerEndpoint } from '../../catalog/manifest.ts';
import type { StackService } from '../../catalog/stack.ts';
import { exampleProject } from '../compose/example.ts';
import type { Control, ProbeContext, Reading, StaticResult } from '../control.ts';
import type { DialTask } from '../position/attacker.ts';
import { firstLine } from '../reading/probe-containers.ts';

const id = 'LOW-002';
const proxyPort = 2375;
const forbidden = 403;

/**
 * Calls that lead to root on the host, or to what others keep. Where one is let through it does no
 * harm: it names what does not exist, or its body breaks off.
 */
const dangerous: readonly { method: string; path: string }[] = [
  { method: 'POST', path: '/containers/create' },
  { method: 'POST', path: '/v1.44/containers/create' },
  { method: 'POST', path: '/containers/none/exec' },
  { method: 'POST', path: '/exec/none/start' },
  { method: 'POST', path: '/containers/none/kill' },
  { method: 'DELETE', path: '/containers/none' },
  { method: 'POST', path: '/build?remote=none' },
  { method: 'GET', path: '/secrets' },
  { method: 'GET', path: '/images/json' },
  { method: 'GET', path: '/containers/none/archive?path=/' },
  { method: 'GET', path: '/volumes' },
  { method: 'POST', path: '/volumes/create' },
  { method: 'POST', path: '/swarm/init' },
  // Other ways to write a path.
  { method: 'POST', path: '//containers/create' },
  { method: 'POST', path: '/containers/json/../create' },
  { method: 'POST', path: '/containers%2fcreate' },
];

export const dockerApi: Control = {
  id,
  title: 'A consumer of the Docker API gets the calls that it declared, and no other',
  severity: 'critical',
  domain: 'isolation',
  subject: 'service',
  why: 'Creating a container with a mount of / is root on the host: a proxy that lets that through protects nothing.',
  references: ['OWASP Docker Security Cheat Sheet rule 1', 'J-PRX-01', 'J-PRX-02'],
  blindSpots: [
    'What a permitted call reveals is judged by whoever wrote the manifest: GET /containers/json shows the names and labels of all containers.',
  ],
  remedy: 'Declare methods and paths one by one under docker: in the manifest.',
  static: ({ project }) =>
    proxies(project?.stack.services ?? []).map((proxy): StaticResult => {
      const file = `config/${proxy.name}/haproxy.cfg`;
      const text = project?.files.get(file);
      const expected = `${proxy.endpoints.length} calls allowed, all else 403, one network`;
      const base = { subject: proxy.name, expected, location: ['frontend api'], file };
      if (text === undefined) return { ...base, status: 'unknown', seen: 'the file is missing' };
      const api = text.slice(text.indexOf('frontend api'));
      const allowed = [...api.matchAll(/^\s*http-request allow /gm)].length;
      const lastRule = [...api.matchAll(/^\s*http-request (.*)$/gm)].at(-1)?.[1] ?? '';
      const denies = lastRule.trim() === 'deny deny_status 403';
      const holds = allowed === proxy.endpoints.length && denies && proxy.networks.length === 1;
      return {
        ...base,
        status: holds ? 'pass' : 'fail',
        seen: `${allowed} calls allowed, ${denies ? 'all else 403' : 'no final refusal'}, ${proxy.networks.length} networks`,
      };
    }),
  probe: (context) =>
    overProxies(context, async (proxy, consumer) => {
      const read = "the consumer's own calls";
      const calls = proxy.endpoints.filter(
        ({ method, path }) => method === 'GET' && /^[A-Za-z0-9/_-]+$/.test(path),
      );
      if (calls.length === 0) {
        const seen = 'no call that reads and has no parameter';
        return { read, status: 'not-applicable', expected: 'an answer', seen };
      }
      const statuses = await ask(context, proxy.name, consumer, calls);
      return {
        read,
        status: statuses.every((status) => status === 200) ? 'pass' : 'fail',
        expected: '200 for each',
        seen: calls
          .map(({ path }, index) => `${path} ${statuses[index] ?? 'no answer'}`)
          .join(', '),
      };
    }),
  attack: (context) =>
    overProxies(context, async (proxy, consumer) => {
      const read = 'calls that were not declared';
      const calls = dangerous.filter((call) => !isDeclared(call, proxy.endpoints));
      const statuses = await ask(context, proxy.name, consumer, calls);
      const answered = statuses.filter((status) => status !== undefined).length;
      if (answered === 0) {
        return { read, status: 'unknown', expected: '403 for each', seen: 'no answer at all' };
      }
      const passed = calls.flatMap(({ method, path }, index) => {
        const status = statuses[index];
        // No answer is a refusal as well, once others were answered: the path was malformed.
        return status === undefined ||
          status === forbidden ||
          (status === 400 && /[%]|\.\.|\/\//.test(path))
          ? []
          : [`${method} ${path} ${status}`];
      });
      return {
        read,
        status: passed.length === 0 ? 'pass' : 'fail',
        expected: '403 for each',
        seen: passed.join(', ') || `403 for ${calls.length} calls`,
      };
    }),
  examples: {
    pass: [
      exampleOf(['http-request allow if method-0 call-0', 'http-request deny deny_status 403']),
    ],
    fail: [
      exampleOf(['http-request allow if method-0 call-0']),
      exampleOf([
        'http-request allow if method-0',
        'http-request allow if call-0',
        'http-request deny deny_status 403',
      ]),
    ],
  },
};

function proxies(services: readonly StackService[]): readonly StackService[] {
  return services.filter((service) => service.consumer !== null);
}

async function overProxies(
  context: ProbeContext,
  run: (
    proxy: StackService,
    consumer: string,
  ) => Promise<Pick<Reading, 'read' | 'status' | 'expected' | 'seen'>>,
): Promise<Reading[]> {
  const readings: Reading[] = [];
  for (const proxy of proxies(context.stack.services)) {
    const consumer = proxy.consumer ?? '';
    const base = { subject: proxy.name, from: context.containers.get(consumer)?.name ?? consumer };
    try {
      readings.push({ ...base, ...(await run(proxy, consumer)) });
    } catch (error) {
      context.signal.throwIfAborted();
      const seen = firstLine(error);
      readings.push({ ...base, read: 'calls', status: 'unknown', expected: 'an answer', seen });
    }
  }
  return readings;
}

/** The status of each call from the consumer's place; undefined where there was no answer. */
async function ask(
  context: ProbeContext,
  proxy: string,
  consumer: string,
  calls: readonly { method: string; path: string }[],
): Promise<(number | undefined)[]> {
  const results = await context.attacker.dial(
    { service: consumer },
    calls.map(({ method, path }): DialTask => ({
      kind: 'http',
      host: proxy,
      port: proxyPort,
      method,
      path,
      headers: method === 'POST' ? { 'content-type': 'application/json' } : {},
      ...(method === 'POST' ? { body: '{' } : {}),
      timeoutMs: 5000,
    })),
  );
  return results.map((result) => {
    const [status] = result.kind === 'http' ? Object.keys(result.statuses) : [];
    return status === undefined ? undefined : Number(status);
  });
}

function isDeclared(
  call: { method: string; path: string },
  endpoints: readonly DockerEndpoint[],
): boolean {
  const path = call.path.split('?')[0] ?? '';
  return endpoints.some(
    (endpoint) =>
      endpoint.method === call.method &&
      new RegExp(`^(/v[0-9]+\\.[0-9]+)?${endpoint.path}$`).test(path),
  );
}

function exampleOf(rules: readonly string[]) {
  const service = {
    name: 'socket-proxy-app',
    consumer: 'app',
    endpoints: [{ method: 'GET', path: '/info', why: 'It shows the version.' }],
    networks: ['app--socket-proxy-app'],
  } as unknown as StackService;
  return exampleProject({
    stack: { services: [service] },
    files: {
      'config/socket-proxy-app/haproxy.cfg': [
        'frontend api',
        ...rules.map((rule) => `  ${rule}`),
      ].join('\n'),
    },
  });
}
