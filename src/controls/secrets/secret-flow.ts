import { viewOf, type ServiceView } from '../compose/stack-view.ts';
import { trustZoneOf } from '../compose/trust-zones.ts';
import type { Control, StaticModel, StaticResult } from '../control.ts';

const id = 'J-PATH-03';
const expected = 'only services that share a network with the data store it opens';
const credentialName = /(pass(word|wd|phrase)?|secret|token|key|credential)s?$/i;
/** Shorter ones are words that stand everywhere. */
const shortest = 6;

export const secretFlow: Control = {
  id,
  title: 'Credentials of a data store are where they are used, and nowhere else',
  severity: 'medium',
  domain: 'secrets',
  subject: 'service',
  why: 'A service that cannot even reach the database has no use for its password; whoever takes that service over has.',
  references: ['NIST SP 800-190 4.1.4', 'OWASP Docker Security Cheat Sheet rule 12'],
  blindSpots: [
    'Credentials are followed by equal values and by the names of secrets; one that is built from parts is not.',
    'Short values are not followed.',
  ],
  remedy:
    'Take the credential out of the service, or give each service a user of its own with its own password.',
  static: (model) => {
    const views = viewOf(model).services;
    const holders = new Map<string, ServiceView[]>();
    for (const view of views) {
      for (const token of tokensOf(view)) {
        const list = holders.get(token);
        if (list) list.push(view);
        else holders.set(token, [view]);
      }
    }
    const results = new Map<ServiceView, StaticResult>();
    for (const group of holders.values()) {
      const stores = group.filter((view) => trustZoneOf(view) === 'data');
      if (stores.length === 0) continue;
      const reachable = new Set(stores.flatMap((store) => store.networks));
      for (const view of group) {
        if (stores.includes(view) || results.get(view)?.status === 'fail') continue;
        // Where the network is shared with a container by name, nothing is known of it.
        const near =
          view.service.network_mode !== undefined ||
          view.networks.some((network) => reachable.has(network));
        results.set(view, {
          subject: view.name,
          status: near ? 'pass' : 'fail',
          expected,
          seen: near
            ? 'so'
            : `${view.name} holds a credential of ${stores.map((store) => store.name).join(', ')} without a network to it`,
          location: ['services', view.name],
        });
      }
    }
    return [...results.values()];
  },
  examples: {
    pass: [
      exampleOf({
        db: { image: 'postgres:17', environment: { POSTGRES_PASSWORD: 'correct-horse' } },
        app: { image: 'app', environment: { DB_PASSWORD: 'correct-horse' } },
      }),
      exampleOf({
        db: { image: 'postgres:17', secrets: ['db'], networks: ['data'] },
        app: { image: 'app', secrets: ['db'], networks: ['data', 'front'] },
      }),
    ],
    fail: [
      exampleOf({
        db: {
          image: 'postgres:17',
          environment: { POSTGRES_PASSWORD: 'correct-horse' },
          networks: ['data'],
        },
        app: { image: 'app', environment: { DB_PASSWORD: 'correct-horse' }, networks: ['data'] },
        web: { image: 'nginx', environment: { DB_PASSWORD: 'correct-horse' }, networks: ['front'] },
      }),
      exampleOf({
        db: { image: 'postgres:17', secrets: ['db'], networks: ['data'] },
        app: { image: 'app', secrets: [{ source: 'db' }], networks: ['data'] },
        web: { image: 'nginx', secrets: ['db'], networks: ['front'] },
      }),
    ],
  },
};

/** What stands for each credential that a service holds: its secret's name, or its value. */
function tokensOf(view: ServiceView): Set<string> {
  const tokens = new Set<string>();
  for (const entry of view.service.secrets ?? []) {
    const name = typeof entry === 'string' ? entry : entry.source;
    // Jacker's authority is there for everybody who checks certificates.
    if (!/(^|[._-])ca([._-]|$)|\.crt$/.test(name)) tokens.add(`secret ${name}`);
  }
  for (const [name, value] of view.environment) {
    if (credentialName.test(name) && value.length >= shortest && !value.includes('${')) {
      tokens.add(`value ${value}`);
    }
  }
  return tokens;
}

function exampleOf(services: StaticModel['document']['services']): StaticModel {
  return { document: { services } };
}
