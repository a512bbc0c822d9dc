import type { Outcome } from '../compose/service-check.ts';
import type { ServiceView, StackView } from '../compose/stack-view.ts';
import { trustZoneOf, type TrustZone } from '../compose/trust-zones.ts';
import { checkViews } from '../compose/view-check.ts';
import type { Control, StaticModel } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-NS-07';
const keys = ['network_mode', 'pid', 'ipc'] as const;
const expected = 'shared inside one trust zone only';

export const sharedNamespaces: Control = {
  id,
  title: 'Containers of different trust zones share no namespace',
  severity: 'medium',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: "Two containers in one network or process namespace are one to an intruder: what listens on loopback only, and each other's processes, are open to both.",
  references: ['NIST SP 800-190 4.4.2', 'CIS Docker Benchmark 5.16'],
  blindSpots: [
    'Zones are data stores, holders of the engine’s socket, and what is published or the edge; two services outside of them may share.',
    'Several services behind one VPN container are compared with it, not with each other.',
  ],
  remedy: 'Give each service its own namespaces and a network that both are on.',
  static: (model) => {
    const names = containerNames(model);
    return checkViews(model, id, keys, (view, stack) => {
      let shared: Outcome | undefined;
      for (const key of keys) {
        const found = judge(view, key, stack, names);
        if (found.status === 'fail') return found;
        if (found.status === 'pass') shared ??= found;
      }
      return shared ?? { status: 'not-applicable', expected, seen: 'nothing shared' };
    });
  },
  probe: (context) =>
    probeContainers(
      context,
      id,
      'docker inspect HostConfig.NetworkMode, PidMode, IpcMode',
      ({ facts: { host }, rendered }) => {
        const wanted = keys.map((key) => rendered?.[key] ?? '');
        const found = [host.networkMode, host.pidMode, host.ipcMode].filter(
          (mode, index) =>
            mode.startsWith('container:') && !/^(service|container):/.test(wanted[index] ?? ''),
        );
        return {
          status: found.length === 0 ? 'pass' : 'fail',
          expected: 'only what was rendered',
          seen: found.join(', ') || 'none else',
        };
      },
    ),
  examples: {
    pass: [
      {
        document: {
          services: {
            vpn: { image: 'qmcgaw/gluetun:v3', ports: ['127.0.0.1:8080:8080'] },
            client: { image: 'example/client:1', network_mode: 'service:vpn' },
          },
        },
      },
      {
        document: {
          services: {
            app: { container_name: 'my-app', ports: ['443:8443'] },
            side: { network_mode: 'container:my-app', pid: 'service:app', ipc: 'shareable' },
          },
        },
      },
    ],
    fail: [
      {
        document: {
          services: {
            app: { image: 'example/app:1', ports: ['443:8443'] },
            db: { image: 'postgres:17', network_mode: 'service:app' },
          },
        },
      },
      {
        document: {
          services: {
            db: { image: 'redis:8' },
            ui: { image: 'portainer/portainer-ce:2.27.0', pid: 'service:db' },
          },
        },
      },
      { document: { services: { app: { network_mode: 'container:vpn-of-another-project' } } } },
    ],
  },
};

function judge(
  view: ServiceView,
  key: (typeof keys)[number],
  stack: StackView,
  names: ReadonlyMap<string, string>,
): Outcome {
  const location = ['services', view.name, key];
  const mode = view.service[key] ?? '';
  const [kind, name = ''] = splitOnce(mode);
  if (kind !== 'service' && kind !== 'container') {
    return { status: 'not-applicable', expected, seen: 'nothing shared', location };
  }
  const seen = `${key}: ${mode}`;
  const other = stack.byName.get(kind === 'service' ? name : (names.get(name) ?? ''));
  if (!other) {
    // A service that is not there is an error that Compose reports itself.
    const status = kind === 'service' ? 'not-applicable' : 'fail';
    return { status, expected, seen: `${seen}, of another project`, location };
  }
  const [own, theirs] = [trustZoneOf(view), trustZoneOf(other)];
  if (!isApart(own, theirs)) return { status: 'pass', expected, seen, location };
  return { status: 'fail', expected, seen: `${seen}: ${own ?? ''} with ${theirs ?? ''}`, location };
}

/** A data store belongs neither to what strangers reach nor to who holds the engine. */
function isApart(one: TrustZone | undefined, two: TrustZone | undefined): boolean {
  return one !== undefined && two !== undefined && one !== two && [one, two].includes('data');
}

/** Services by the name that their container is given. */
function containerNames(model: StaticModel): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(model.document.services).flatMap(([name, service]) =>
      typeof service['container_name'] === 'string' ? [[service['container_name'], name]] : [],
    ),
  );
}

function splitOnce(text: string): [string, string | undefined] {
  const at = text.indexOf(':');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
