import type { Outcome } from '../compose/service-check.ts';
import { isEveryAddress } from '../compose/service-ports.ts';
import { viewOf, type ServiceView } from '../compose/stack-view.ts';
import { checkViews } from '../compose/view-check.ts';
import type { Control } from '../control.ts';

const id = 'J-NET-10';
const expected = 'host ports and container names of its own';

export const portConflicts: Control = {
  id,
  title: 'No two services claim the same host port or container name',
  severity: 'low',
  domain: 'edge',
  subject: 'service',
  grant: true,
  why: 'Only one of the two starts, and which one depends on the order: the port may be answered by another service than the one that is meant.',
  references: ['dclint: no-duplicate-exported-ports, no-duplicate-container-names'],
  blindSpots: [
    'Services with profiles are compared with those without any only: which profiles are active together is not known.',
    'A range of ports is compared as it is written.',
  ],
  remedy: 'Give one of the two another port or name.',
  static: (model) => {
    const claims = new Map(viewOf(model).services.map((view) => [view, claimsOf(view)] as const));
    const conflicts = findConflicts(claims);
    return checkViews(model, id, ['ports', 'container_name'], (view): Outcome => {
      const conflict = conflicts.get(view.name);
      if (conflict) {
        const location = ['services', view.name, conflict.claim.location];
        const seen = `${conflict.claim.shown}, as ${conflict.other} does`;
        return { status: 'fail', expected, seen, location };
      }
      const own = claims.get(view) ?? [];
      if (own.length === 0) return { status: 'not-applicable', expected, seen: 'none claimed' };
      const shown = new Set(own.map((claim) => claim.shown));
      return { status: 'pass', expected, seen: [...shown].join(', ') };
    });
  },
  examples: {
    pass: [
      {
        document: {
          services: {
            a: { ports: ['127.0.0.1:8080:80', '53:53/udp'], container_name: 'a' },
            b: { ports: ['127.0.0.2:8080:80', '53:53/tcp'], container_name: 'b' },
          },
        },
      },
      {
        document: {
          services: {
            cpu: { ports: ['8080:80'], profiles: ['cpu'] },
            gpu: { ports: ['8080:80'], profiles: ['gpu'] },
          },
        },
      },
    ],
    fail: [
      { document: { services: { a: { ports: ['8080:80'] }, b: { ports: ['8080:8080'] } } } },
      {
        document: {
          services: { a: { ports: ['0.0.0.0:8080:80'] }, b: { ports: ['127.0.0.1:8080:80'] } },
        },
      },
      {
        document: { services: { a: { container_name: 'app' }, b: { container_name: 'app' } } },
      },
    ],
  },
};

/** What two services may not both have. */
interface Claim {
  /** Port, protocol and address family, or a name. */
  key: string;
  /** Every address, or the one. */
  address: string;
  location: 'ports' | 'container_name';
  shown: string;
}

const every = '*';

/** The first conflict of each service with one before it; one pass over all. */
function findConflicts(
  all: ReadonlyMap<ServiceView, readonly Claim[]>,
): ReadonlyMap<string, { claim: Claim; other: string }> {
  const conflicts = new Map<string, { claim: Claim; other: string }>();
  if (isEachOnce(all)) return conflicts;
  /** The first service that claimed something: by address, and whatever the address. */
  const first = new Map<string, string>();
  const claimed = (when: string, { key, address }: Claim): string | undefined =>
    address === every
      ? first.get(`${when} ${key} any`)
      : (first.get(`${when} ${key} ${every}`) ?? first.get(`${when} ${key} ${address}`));
  for (const [view, claims] of all) {
    const profiled = Array.isArray(view.service['profiles']);
    for (const claim of claims) {
      if (conflicts.has(view.name)) break;
      // Without a profile a service runs beside every other; with one, beside those without.
      const other = claimed('always', claim) ?? (profiled ? undefined : claimed('profiled', claim));
      if (other !== undefined) conflicts.set(view.name, { claim, other });
    }
    const when = profiled ? 'profiled' : 'always';
    for (const { key, address } of claims) {
      const names = [`${when} ${key} ${address}`, `${when} ${key} any`];
      for (const name of names) if (!first.has(name)) first.set(name, view.name);
    }
  }
  return conflicts;
}

/** True where no two services claim a port or name of the same number, whatever the address. */
function isEachOnce(all: ReadonlyMap<ServiceView, readonly Claim[]>): boolean {
  const owners = new Map<string, ServiceView>();
  for (const [view, claims] of all) {
    for (const { shown } of claims) {
      const owner = owners.get(shown);
      if (owner !== undefined && owner !== view) return false;
      if (owner === undefined) owners.set(shown, view);
    }
  }
  return true;
}

function claimsOf(view: ServiceView): Claim[] {
  const claims = view.ports
    .filter(({ published }) => published !== '' && published !== '0')
    .flatMap(({ address, published, protocol }): Claim[] => {
      const families = address === '' ? ['v4', 'v6'] : [address.includes(':') ? 'v6' : 'v4'];
      return families.map((family) => ({
        key: `port ${published}/${protocol} ${family}`,
        address: isEveryAddress(address) ? every : address,
        location: 'ports',
        shown: `port ${published}`,
      }));
    });
  const name = view.service['container_name'];
  if (typeof name === 'string' && name !== '') {
    const key = `name ${name}`;
    claims.push({ key, address: every, location: 'container_name', shown: `the name ${name}` });
  }
  return claims;
}
