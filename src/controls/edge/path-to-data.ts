import { waysIn, type WayIn } from '../compose/ways-in.ts';
import { viewOf, type ServiceView } from '../compose/stack-view.ts';
import type { Program } from '../compose/roles.ts';
import { trustZoneOf } from '../compose/trust-zones.ts';
import type { Control, StaticModel, StaticResult } from '../control.ts';

const id = 'J-PATH-01';
/** Stores whose own makers have browsers talk to them, with keys or users of their own. */
const forClients = new Set<Program | undefined>(['meilisearch', 'couchdb']);
const expected = 'no way from outside without a program or sign-in between that asks who is there';

export const pathToData: Control = {
  id,
  title: 'No path without a sign-in leads from outside to a data store',
  severity: 'high',
  domain: 'edge',
  subject: 'database',
  why: 'A database that is published, or that a page for administering databases stands in front of, is guarded by its passwords alone: everybody may try them.',
  references: ['NIST SP 800-190 4.4.2', 'OWASP Docker Security Cheat Sheet rule 5a'],
  blindSpots: [
    'A port of the data store itself is the matter of J-NET-02: here are routes to it, the network of the host, and pages that administer it.',
    'Meilisearch and CouchDB are made for clients of the web and ask for a key: a route to them is not objected to.',

    'An application between is trusted to ask who is there: whether it does is not known.',
    'Routes that a file of the edge router declares are not seen, only ports and labels.',
    'A firewall before the host is not seen.',
  ],
  remedy:
    'Take the ports of the data store out, and put a sign-in before pages that administer it, or bind them to 127.0.0.1.',
  static: (model) => {
    const ways = new Map<ServiceView, WayIn>();
    for (const way of waysIn(model)) {
      if (way.guard !== undefined || ways.has(way.service)) continue;
      const isOwnPort = way.by.startsWith('port ') && trustZoneOf(way.service) === 'data';
      if (!isOwnPort && !forClients.has(way.service.program)) ways.set(way.service, way);
    }
    // Pages that hand on whatever they are asked, by network.
    const pages = new Map<string, WayIn>();
    for (const [service, way] of ways) {
      if (service.role !== 'database-ui') continue;
      for (const network of service.networks) pages.set(network, way);
    }
    return viewOf(model)
      .services.filter((view) => trustZoneOf(view) === 'data')
      .map((view): StaticResult => {
        const own = ways.get(view);
        const network = view.networks.find((name) => pages.has(name));
        const page = network === undefined ? undefined : pages.get(network);
        const path = own
          ? `outside -> ${own.by} -> ${view.name}`
          : page
            ? `outside -> ${page.by} -> ${page.service.name} -> network ${network ?? ''} -> ${view.name}`
            : null;
        const open = ['ports', 'networks', 'network_mode'].some((key) => view.isOpen(key));
        return {
          subject: view.name,
          status: path !== null ? 'fail' : open ? 'unknown' : 'pass',
          expected,
          seen: path ?? (open ? 'a variable decides' : 'none'),
          location: own ? placeOf(own) : ['services', view.name],
        };
      });
  },
  examples: {
    pass: [
      exampleOf({ db: { image: 'postgres:17' }, app: { image: 'app', ports: ['80:80'] } }),
      exampleOf({ db: { image: 'postgres:17', ports: ['127.0.0.1:5432:5432'] } }),
      exampleOf({
        search: {
          image: 'getmeili/meilisearch:v1.20',
          labels: { 'traefik.http.routers.s.rule': 'Host(`s.example.com`)' },
        },
      }),
      exampleOf({
        db: { image: 'mariadb:11', networks: ['data'] },
        admin: { image: 'phpmyadmin', ports: ['127.0.0.1:8080:80'], networks: ['data'] },
      }),
    ],
    fail: [
      exampleOf({ db: { image: 'postgres:17', network_mode: 'host' } }),
      exampleOf({
        db: { image: 'mariadb:11' },
        admin: { image: 'phpmyadmin:5', ports: ['8080:80'] },
      }),
      exampleOf({
        db: { image: 'mongo:8' },
        admin: {
          image: 'mongo-express:1',
          labels: { 'traefik.http.routers.admin.rule': 'Host(`db.example.com`)' },
        },
      }),
    ],
  },
};

function exampleOf(services: StaticModel['document']['services']): StaticModel {
  return { document: { services } };
}

/** Where the way into a service of its own is written. */
function placeOf({ service, by }: WayIn): string[] {
  const key = by.startsWith('router ') ? 'labels' : 'network_mode';
  return ['services', service.name, key];
}
