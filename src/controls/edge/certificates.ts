import { edgeService } from '../../catalog/resolve-stack.ts';
import { isWithin } from '../compose/service-mounts.ts';
import type { Control, Reading, StaticResult } from '../control.ts';
import { firstLine } from '../reading/probe-containers.ts';
import { exampleEdge } from './edge-example.ts';
import { edgeOptions, optionResult, type EdgeOptions } from './edge-options.ts';

const id = 'J-EDG-12';
const expected = 'certificates of a trusted authority, kept in a volume';
/** https://letsencrypt.org/docs/staging-environment/ */
const staging = /staging|stg-/i;
const leastDays = 7;
const day = 24 * 60 * 60 * 1000;

export const certificates: Control = {
  id,
  title: 'Certificates are trusted, kept, and renewed in time',
  severity: 'medium',
  domain: 'edge',
  subject: 'service',
  why: 'Visitors who click a warning away once click every warning away. Certificates that are lost with the container are asked for again until the authority refuses.',
  references: ['https://doc.traefik.io/traefik/https/acme/', 'OWASP Top Ten A02'],
  blindSpots: [
    'The mode of the file with the keys is not in a Compose file: Traefik itself refuses one that others may read.',
    'A static configuration in a file is not read. What other edges do with certificates is not known.',
    'Revocation is not asked for.',
  ],
  remedy: 'Take the staging address out once it works, and mount a volume where the storage is.',
  static: (model) =>
    edgeOptions(model)
      .filter(({ isVisible }) => isVisible)
      .flatMap(judge),
  probe: async (context) => {
    const names = [...new Set(context.stack.routes.map((route) => route.hostName))];
    return Promise.all(
      names.map(async (servername): Promise<Reading> => {
        const base = {
          subject: edgeService,
          read: `end of the certificate for ${servername}`,
          from: context.edge.address,
          expected: `in more than ${leastDays} days`,
        };
        try {
          const result = await context.edge.handshake({
            servername,
            minVersion: 'TLSv1.2',
            maxVersion: 'TLSv1.3',
          });
          if (result.outcome !== 'accepted' || result.validTo === null) {
            const seen = result.outcome === 'accepted' ? 'no certificate' : result.reason;
            return { ...base, status: 'unknown', seen };
          }
          const left = (result.validTo.getTime() - context.clock.now().getTime()) / day;
          return {
            ...base,
            status: left > leastDays ? 'pass' : 'fail',
            seen: `in ${Math.floor(left)} days`,
          };
        } catch (error) {
          context.signal.throwIfAborted();
          return { ...base, status: 'unknown', seen: firstLine(error) };
        }
      }),
    );
  },
  examples: {
    pass: [
      exampleEdge({
        command: ['--certificatesresolvers.le.acme.storage=/acme/acme.json'],
        edge: {
          image: 'traefik:v3',
          command: ['--certificatesresolvers.le.acme.storage=/acme/acme.json'],
          volumes: ['acme:/acme'],
        },
      }),
    ],
    fail: [
      exampleEdge({ command: ['--certificatesresolvers.le.acme.storage=/acme.json'] }),
      exampleEdge({
        edge: {
          image: 'traefik:v3',
          volumes: ['./acme.json:/acme.json'],
          command: [
            '--certificatesresolvers.le.acme.storage=/acme.json',
            '--certificatesresolvers.le.acme.caserver=https://acme-staging-v02.api.letsencrypt.org/directory',
          ],
        },
      }),
    ],
  },
};

function judge(edge: EdgeOptions): StaticResult[] {
  const { view, options } = edge;
  const results: StaticResult[] = [];
  for (const [name, value] of options) {
    const what = /^certificatesresolvers\.[^.]+\.acme\.(caserver|storage)$/.exec(name)?.[1];
    if (what === 'caserver') {
      results.push(
        optionResult(edge, name, {
          status: staging.test(value) ? 'fail' : 'pass',
          expected,
          seen: staging.test(value) ? 'an authority for tests' : 'so',
        }),
      );
    } else if (what === 'storage') {
      const path = value.startsWith('/') ? value : `/${value}`;
      const isKept =
        view.mounts.some((mount) => isWithin(path, mount.target)) ||
        view.service['volumes_from'] !== undefined;
      results.push(
        optionResult(edge, name, {
          status: isKept ? 'pass' : 'fail',
          expected,
          seen: isKept ? 'so' : 'the storage is in no volume',
        }),
      );
    }
  }
  return results;
}
