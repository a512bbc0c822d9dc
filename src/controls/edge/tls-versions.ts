import { edgeService } from '../../catalog/resolve-stack.ts';
import { aeadSuites } from '../../render/edge.ts';
import { exampleProject } from '../compose/example.ts';
import type { Control, ProbeContext, Reading } from '../control.ts';
import type { HandshakeOffer, HandshakeResult } from '../position/edge-client.ts';
import { edgeFiles, edgeTlsOptions } from './edge-files.ts';

const id = 'CRIT-003';
const versions = ['VersionTLS12', 'VersionTLS13'];
const modern = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const;
const old = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
const aeadCipher = /GCM|CHACHA20|CCM/;

/** Offers that must be refused. */
const weak: readonly { name: string; offer: HandshakeOffer }[] = [
  { name: 'TLS 1.0', offer: { minVersion: 'TLSv1', maxVersion: 'TLSv1' } },
  { name: 'TLS 1.1', offer: { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' } },
  {
    name: 'CBC suites',
    offer: {
      ...old,
      ciphers:
        'ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA256:AES128-SHA:AES256-SHA',
    },
  },
  {
    name: 'suites without forward secrecy',
    offer: { ...old, ciphers: 'AES128-GCM-SHA256:AES256-GCM-SHA384' },
  },
];

export const tlsVersions: Control = {
  id,
  title: 'TLS 1.2 or newer with AEAD suites, for known names only',
  severity: 'critical',
  domain: 'edge',
  subject: 'router',
  why: 'Older protocols and CBC suites let somebody on the way read or change what is sent. A server that answers to any name tells scanners what it is.',
  references: ['J-EDG-03', 'NIST SP 800-52 3.1'],
  blindSpots: [
    'Handshakes are tried from this process: a middlebox before the edge is not seen. Whether a browser knows the authority of a certificate of your own is another matter.',
  ],
  remedy:
    'Keep the options default and edge: minVersion VersionTLS12 or 13, AEAD suites, sniStrict.',
  static: ({ project }) => {
    if (!project?.stack.services.some(({ name }) => name === edgeService)) return [];
    const options = edgeTlsOptions(project);
    return ['default', 'edge'].map((name) => {
      const found = options?.[name];
      const base = {
        subject: name,
        file: edgeFiles.tls,
        location: ['tls', 'options', name],
        expected: '1.2 or newer, AEAD suites, sniStrict',
      };
      if (options === null) return { ...base, status: 'unknown', seen: 'the file is missing' };
      if (!found) return { ...base, status: 'fail', seen: 'not set' };
      const weakSuites = found.cipherSuites.filter((suite) => !aeadSuites.includes(suite));
      const holds =
        versions.includes(found.minVersion ?? '') &&
        found.sniStrict &&
        found.cipherSuites.length > 0 &&
        weakSuites.length === 0;
      return {
        ...base,
        status: holds ? 'pass' : 'fail',
        seen: `${found.minVersion ?? 'no minVersion'}, ${found.cipherSuites.length} suites${weakSuites.length > 0 ? `, weak: ${weakSuites.join(', ')}` : ''}, sniStrict ${String(found.sniStrict)}`,
      };
    });
  },
  probe: async (context) =>
    (
      await Promise.all(
        hosts(context).map(async (host): Promise<Reading[]> => {
          const result = await context.edge.handshake({ servername: host, ...modern });
          const base = { subject: host, from: context.edge.address };
          const [read, expected] = ['TLS handshake', 'TLS 1.2 or 1.3 with an AEAD suite'];
          const trusted = {
            ...base,
            read: 'certificate',
            expected: `in date, for this name, of ${context.edge.trust.by}`,
          };
          if (result.outcome !== 'accepted') {
            const seen = `${result.outcome}: ${result.reason}`;
            return [
              { ...base, read, expected, status: 'unknown', seen },
              { ...trusted, status: 'unknown', seen },
            ];
          }
          const good =
            ['TLSv1.2', 'TLSv1.3'].includes(result.protocol) && aeadCipher.test(result.cipher);
          const seen = `${result.protocol} ${result.cipher}`;
          return [
            { ...base, read, expected, status: good ? 'pass' : 'fail', seen },
            {
              ...trusted,
              status: result.distrust === null ? 'pass' : 'fail',
              seen: result.distrust ?? 'so',
            },
          ];
        }),
      )
    ).flat(),
  attack: async (context) => {
    const readings: Reading[] = [];
    for (const host of hosts(context)) {
      // Only where an ordinary handshake succeeds does a refusal mean anything.
      const control = await context.edge.handshake({ servername: host, ...modern });
      for (const { name, offer } of weak) {
        const result = await context.edge.handshake({ servername: host, ...offer });
        readings.push(refusal(context, host, `a handshake with ${name}`, control, result));
      }
    }
    const [known = context.stack.domain] = hosts(context);
    const control = await context.edge.handshake({ servername: known, ...modern });
    const unknown = await context.edge.handshake({ servername: 'unknown.invalid', ...modern });
    readings.push(
      refusal(context, 'unknown.invalid', 'a handshake for an unknown name', control, unknown),
    );
    const none = await context.edge.handshake(modern);
    readings.push(refusal(context, 'no name', 'a handshake without a name', control, none));
    return readings;
  },
  examples: {
    pass: [
      exampleOf('VersionTLS12', true, [...aeadSuites]),
      exampleOf('VersionTLS13', true, [...aeadSuites]),
    ],
    fail: [
      exampleOf('VersionTLS11', true, [...aeadSuites]),
      exampleOf('VersionTLS12', false, [...aeadSuites]),
      exampleOf('VersionTLS12', true, ['TLS_RSA_WITH_AES_128_CBC_SHA']),
      exampleOf('VersionTLS12', true, []),
    ],
  },
};

function hosts(context: ProbeContext): string[] {
  return [...new Set(context.stack.routes.map((route) => route.hostName))].sort();
}

function refusal(
  context: ProbeContext,
  subject: string,
  read: string,
  control: HandshakeResult,
  result: HandshakeResult,
): Reading {
  const base = { subject, read, from: context.edge.address, expected: 'refused' };
  if (control.outcome !== 'accepted') {
    return { ...base, status: 'unknown', seen: 'an ordinary handshake fails as well' };
  }
  if (result.outcome === 'unreachable') {
    return { ...base, status: 'unknown', seen: result.reason };
  }
  return result.outcome === 'refused'
    ? { ...base, status: 'pass', seen: `refused: ${result.reason}` }
    : { ...base, status: 'fail', seen: `accepted: ${result.protocol} ${result.cipher}` };
}

function exampleOf(minVersion: string, sniStrict: boolean, suites: readonly string[]) {
  const option = `{ minVersion: ${minVersion}, sniStrict: ${String(sniStrict)}, cipherSuites: [${suites.join(', ')}] }`;
  return exampleProject({
    stack: { services: [{ name: edgeService } as never] },
    files: { [edgeFiles.tls]: `tls:\n  options:\n    default: ${option}\n    edge: ${option}\n` },
  });
}
