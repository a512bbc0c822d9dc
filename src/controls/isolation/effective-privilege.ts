import { waysIn } from '../compose/ways-in.ts';
import { hostGrants } from '../compose/host-grants.ts';
import { viewOf, type ServiceView } from '../compose/stack-view.ts';
import type { Control, StaticModel, StaticResult } from '../control.ts';
import { isSocketProxy, rightsOf } from './socket-proxy-options.ts';

const id = 'J-PATH-02';
const expected = 'no way on to a service that opens the host';
/** Namespaces that Compose lets a service take from another one. */
const namespaces = ['network_mode', 'pid', 'ipc'];

export const effectivePrivilege: Control = {
  id,
  title: 'From an exposed service no other one leads to the host',
  severity: 'critical',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: 'What strangers can talk to is what gets taken over first. If a proxy on its network starts containers, or a container whose processes it is among has the host, one hole in it is the whole machine.',
  references: ['NIST SP 800-190 4.4.2', 'OWASP Docker Security Cheat Sheet rule 1'],
  blindSpots: [
    'What an exposed service has itself is the matter of the controls of each grant (J-SOCK-01, HIGH-001, J-CAP-02, J-FS-03, J-DEV-01): here only what it reaches through another service counts.',
    'A service behind a sign-in is not counted as exposed. Paths over more than one network are not followed.',
    'Which calls a proxy of another make lets through is not known.',
    'A route that a file of the edge router declares is not seen, only ports and labels.',
  ],
  remedy:
    'Put what opens the host on a network that no exposed service shares, take shared namespaces apart, and let a socket proxy through reading calls only.',
  static: (model) => {
    const { byName } = viewOf(model);
    const engines = openEngineNetworks(model);
    const exposed = new Map<ServiceView, string>();
    for (const { service, by, guard } of waysIn(model)) {
      if (guard === undefined && !exposed.has(service)) exposed.set(service, by);
    }
    return [...exposed].map(([view, by]): StaticResult => {
      const through = new Set<string>();
      const location = ['services', view.name];
      for (const network of view.networks) {
        for (const name of engines.get(network) ?? []) {
          if (name !== view.name) through.add(`the engine through ${name}`);
        }
      }
      for (const key of namespaces) {
        const other = byName.get(sharedWith(view, key) ?? '');
        const grants = other && other !== view ? hostGrants(other) : [];
        if (!other || grants.length === 0) continue;
        // The processes of one network reach each other's loopback; those of one pid each other.
        through.add(`${grants.join(', ')} of ${other.name} (${key})`);
        if (location.length === 2) location.push(key);
      }
      const paths = [...through];
      return {
        subject: view.name,
        status: paths.length === 0 ? 'pass' : 'fail',
        expected,
        seen: paths.length === 0 ? 'none' : `${by} -> ${view.name} -> ${paths.join(', ')}`,
        location,
      };
    });
  },
  examples: {
    pass: [
      exampleOf({ web: { image: 'nginx', ports: ['80:80'] } }),
      // What it has itself is another control's finding.
      exampleOf({ web: { image: 'nginx', ports: ['80:80'], privileged: true } }),
      exampleOf({
        web: { image: 'nginx', ports: ['80:80'] },
        proxy: { image: 'tecnativa/docker-socket-proxy', environment: { POST: '0' } },
      }),
      exampleOf({
        web: { image: 'nginx', ports: ['80:80'], networks: ['front'] },
        proxy: {
          image: 'tecnativa/docker-socket-proxy',
          environment: { CONTAINERS: '1', POST: '1' },
          networks: ['engine'],
        },
      }),
    ],
    fail: [
      exampleOf({
        web: { image: 'nginx', ports: ['80:80'], pid: 'service:agent' },
        agent: { image: 'example/agent:1', privileged: true, networks: ['agents'] },
      }),
      exampleOf({
        web: { image: 'nginx', ports: ['80:80'] },
        proxy: {
          image: 'tecnativa/docker-socket-proxy',
          environment: { CONTAINERS: '1', POST: '1' },
        },
      }),
      exampleOf({
        web: { image: 'nginx', ports: ['80:80'] },
        engine: {
          image: 'docker:28-dind',
          privileged: true,
          environment: { DOCKER_TLS_CERTDIR: '' },
        },
      }),
    ],
  },
};

/** True where a service hands the engine to whoever connects: a proxy with writing calls, or an engine without TLS. */
function opensEngine(view: ServiceView): boolean {
  if (isSocketProxy(view)) return rightsOf(view).root.length > 0;
  // https://hub.docker.com/_/docker: without a folder for certificates dockerd listens on 2375 in plain text.
  const isEngine = /(^|\/)docker$/.test(view.image.path) && /dind/.test(view.image.tag);
  if (!isEngine) return false;
  return (
    view.environment.get('DOCKER_TLS_CERTDIR') === '' ||
    view.command.some((word) => word === '--tls=false' || /:2375$/.test(word))
  );
}

/** The service of which a key takes the namespace; undefined where it takes none of a service. */
function sharedWith({ service }: ServiceView, key: string): string | undefined {
  const value = service[key];
  return typeof value === 'string' ? /^service:(.+)$/.exec(value)?.[1] : undefined;
}

/** The services that open the engine, by network. */
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
