import { waysIn } from '../compose/ways-in.ts';
import { hostGrants, opensEngine } from '../compose/host-grants.ts';
import { viewOf, type ServiceView } from '../compose/stack-view.ts';
import type { Control, StaticModel, StaticResult } from '../control.ts';

const id = 'J-PATH-02';
const expected = 'nothing that opens the host, by itself or one network further';

export const effectivePrivilege: Control = {
  id,
  title: 'Taking over an exposed service does not give the host',
  severity: 'critical',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: 'What strangers can talk to is what gets taken over first. If that service, or a proxy on its network, can start containers or write to the host, one hole in it is the whole machine.',
  references: ['NIST SP 800-190 4.4.2', 'OWASP Docker Security Cheat Sheet rule 1'],
  blindSpots: [
    'Paths over more than one network are not followed.',
    'Which calls a proxy of another make lets through is not known.',
    'A route that a file of the edge router declares is not seen, only ports and labels.',
  ],
  remedy:
    'Take the grant from the exposed service, or put what needs it on a network that no exposed service shares, and let a socket proxy through reading calls only.',
  static: (model) => {
    const engines = openEngineNetworks(model);
    const exposed = new Map<ServiceView, string>();
    for (const { service, by } of waysIn(model))
      if (!exposed.has(service)) exposed.set(service, by);
    return [...exposed].map(([view, by]): StaticResult => {
      const own = hostGrants(view);
      const near = view.networks.flatMap((network) =>
        (engines.get(network) ?? []).filter((name) => name !== view.name),
      );
      const paths = [...own, ...new Set(near.map((name) => `the engine through ${name}`))];
      return {
        subject: view.name,
        status: paths.length === 0 ? 'pass' : 'fail',
        expected,
        seen: paths.length === 0 ? 'nothing' : `${by} -> ${view.name} -> ${paths.join(', ')}`,
        location: ['services', view.name],
      };
    });
  },
  examples: {
    pass: [
      exampleOf({ web: { image: 'nginx', ports: ['80:80'] } }),
      exampleOf({
        web: { image: 'nginx', ports: ['80:80'] },
        proxy: { image: 'tecnativa/docker-socket-proxy', environment: { POST: '0' } },
      }),
      exampleOf({
        web: { image: 'nginx', ports: ['80:80'], networks: ['front'] },
        proxy: {
          image: 'tecnativa/docker-socket-proxy',
          environment: { POST: '1' },
          networks: ['engine'],
        },
      }),
    ],
    fail: [
      exampleOf({ web: { image: 'nginx', ports: ['80:80'], privileged: true } }),
      exampleOf({
        web: {
          image: 'portainer/portainer-ce',
          ports: ['9000:9000'],
          volumes: ['/var/run/docker.sock:/var/run/docker.sock'],
        },
      }),
      exampleOf({
        web: { image: 'nginx', ports: ['80:80'] },
        proxy: { image: 'tecnativa/docker-socket-proxy', environment: { POST: '1' } },
      }),
    ],
  },
};

/** The proxies that open the engine, by network. */
function openEngineNetworks(model: StaticModel): ReadonlyMap<string, string[]> {
  const networks = new Map<string, string[]>();
  for (const view of viewOf(model).services) {
    if (!opensEngine(view)) continue;
    for (const network of view.networks) {
      const list = networks.get(network);
      if (list) list.push(view.name);
      else networks.set(network, [view.name]);
    }
  }
  return networks;
}

function exampleOf(services: StaticModel['document']['services']): StaticModel {
  return { document: { services } };
}
