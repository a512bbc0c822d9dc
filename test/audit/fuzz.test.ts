import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { auditStack } from '../../src/audit/audit-stack.ts';
import { documentKeys, serviceKeys } from '../../src/compose/service-keys.ts';
import { controls } from '../../src/controls/registry.ts';
import { stackOf } from '../compose/stack-of.ts';

/** Values that stand where something else is meant. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(
    null,
    true,
    false,
    0,
    -1,
    1e400,
    1.5,
    '',
    ' ',
    '~',
    '0',
    'true',
    'yes',
    'host',
    'container:',
    'service:',
    ':',
    '::',
    '/:/',
    '=',
    '/',
    '${',
    '${A}',
    '${A:-x}',
    '$$',
    '__proto__',
    'constructor',
    '[::1]:80:80',
    '80-90:80-90/udp',
    'a@sha256:',
    'traefik.http.routers..rule',
    'ALL',
    '\u0000',
    '\uD800',
    'x'.repeat(3000),
  ),
  fc.string(),
  fc.integer(),
);
const nested: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    odd,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        ...'type source target published host_ip path file test interval driver options limits resources memory pids condition service name internal external size mode soft hard A_PASSWORD command user privileged'.split(
          ' ',
        ),
        '__proto__',
        'constructor',
        '',
      ),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value;
const images = fc.constantFrom(
  'traefik:v3',
  'postgres',
  'redis:8',
  'oauth2-proxy',
  'tecnativa/docker-socket-proxy',
  'grafana/grafana',
  'prom/prometheus',
  'mariadb',
  'mongo',
  'codercom/code-server',
  'crowdsecurity/crowdsec',
  'containrrr/watchtower',
  'nginx',
);
const oddService = fc.record(
  {
    image: fc.oneof(images, nested),
    ...Object.fromEntries(
      Object.keys(serviceKeys)
        .filter((key) => key !== 'image')
        .map((key) => [key, nested]),
    ),
  },
  { requiredKeys: [] },
);
const document = fc.record(
  {
    services: fc.oneof(
      fc.dictionary(
        fc.constantFrom('a', 'b', 'c', '__proto__', 'toString', ''),
        fc.oneof({ weight: 5, arbitrary: oddService }, { weight: 1, arbitrary: nested }),
        { maxKeys: 4 },
      ),
      nested,
    ),
    ...Object.fromEntries(
      Object.keys(documentKeys)
        .filter((key) => key !== 'services')
        .map((key) => [key, nested]),
    ),
  },
  { requiredKeys: ['services'] },
);

async function examine(text: string): Promise<ReturnType<typeof auditStack>> {
  const stack = await stackOf({ 'compose.yml': text });
  return auditStack({ controls, stack, waivers: [], today: '2026-06-01' });
}

describe('an audit', () => {
  it('judges every document, however odd its values are', async () => {
    await fc.assert(
      fc.asyncProperty(document, async (value) => {
        const report = await examine(stringify(value));
        const broken = report.gaps.filter((gap) => gap.what.includes('cannot judge'));
        expect(broken.map((gap) => gap.what)).toEqual([]);
        expect(report.score.score).toBeGreaterThanOrEqual(0);
        expect(report.score.score).toBeLessThanOrEqual(100);
      }),
      { numRuns: 400 },
    );
  });

  it('answers whatever bytes it gets', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string({ unit: fc.constantFrom(...'{}[]:-,&*!|>\'"%@`#?\n \t~<=a1'.split('')) }),
        ),
        async (text) => {
          const report = await examine(text);
          expect(report.findings.length + report.gaps.length).toBeGreaterThanOrEqual(0);
          if (!report.readable) expect(report.gaps.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('costs the same for each service, however many there are', async () => {
    const stackText = (count: number): string =>
      `services:\n${Array.from({ length: count }, (_, index) => `  s${index}: { image: "postgres:17", networks: [n${index % 50}], ports: ["${index + 1}:80"], environment: { POSTGRES_PASSWORD: secret-${index} }, volumes: ["v${index % 99}:/data"], labels: { "traefik.http.routers.r${index}.rule": "Host(x)" } }\n`).join('')}`;
    const cost = async (count: number): Promise<number> => {
      const stack = await stackOf({ 'compose.yml': stackText(count) });
      const times = [];
      for (let round = 0; round < 3; round++) {
        // Time of the processor: what else the machine does is not the audit's.
        const start = process.cpuUsage();
        auditStack({ controls, stack, waivers: [], today: '2026-06-01' });
        times.push(process.cpuUsage(start).user);
      }
      return Math.min(...times) / count;
    };
    await cost(100);
    // Sixteen times as many; a loop in a loop would make each one sixteen times as dear, what is
    // collected as garbage three or four times.
    expect((await cost(4000)) / (await cost(250))).toBeLessThan(8);
  });
});
