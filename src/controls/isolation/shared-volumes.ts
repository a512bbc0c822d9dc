import type { ServiceView } from '../compose/stack-view.ts';
import { viewOf } from '../compose/stack-view.ts';
import { trustZoneOf } from '../compose/trust-zones.ts';
import { checkViews } from '../compose/view-check.ts';
import type { Control, StaticModel } from '../control.ts';

const id = 'J-FS-06';
const expected = 'written inside one trust zone only';

export const sharedVolumes: Control = {
  id,
  title: 'No volume is written by services of different trust zones',
  severity: 'medium',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: 'Whoever takes over what strangers reach writes into the files of a data store, or of who holds the engine, and is there at its next start.',
  references: ['NIST SP 800-190 4.4.2'],
  blindSpots: [
    'Zones are data stores, holders of the engine’s socket, and what is published or the edge; any other two services may share a volume, as an application and its worker do.',
    'Folders of the host that several services mount are not compared.',
  ],
  remedy:
    'Mount the volume read-only in the service that only reads it, or hand files over the network.',
  static: (model) => {
    const writers = writersByVolume(model);
    return checkViews(
      model,
      id,
      ['volumes'],
      (view) => {
        const zone = trustZoneOf(view);
        const shared = writable(view).filter((source) => (writers.get(source)?.count ?? 0) > 1);
        if (shared.length === 0) {
          return { status: 'not-applicable', expected, seen: 'no volume written by others too' };
        }
        // The finding is at the one that strangers reach: that is the mount to be changed.
        const found =
          zone === 'exposed'
            ? shared.filter((source) => {
                const zones = writers.get(source)?.zones;
                return zones?.has('data') === true || zones?.has('engine') === true;
              })
            : [];
        return {
          status: found.length === 0 ? 'pass' : 'fail',
          expected,
          seen: (found.length === 0 ? shared : found).join(', '),
        };
      },
      [],
    );
  },
  examples: {
    pass: [
      {
        document: {
          services: {
            app: { volumes: ['media:/media'], ports: ['127.0.0.1:8000:8000'] },
            worker: { volumes: ['media:/media'] },
            web: { image: 'nginx:1.29', volumes: ['media:/media:ro'], ports: ['443:8443'] },
          },
        },
      },
      {
        document: {
          services: {
            db: { image: 'postgres:17', volumes: ['data:/var/lib/postgresql/data'] },
            backup: { image: 'example/backup:1', volumes: ['data:/data:ro', 'dumps:/dumps'] },
            restore: { image: 'example/backup:1', volumes: ['data:/data'] },
          },
        },
      },
    ],
    fail: [
      {
        document: {
          services: {
            db: { image: 'mariadb:11', volumes: ['data:/var/lib/mysql'] },
            files: {
              image: 'filebrowser/filebrowser:v2',
              volumes: ['data:/srv'],
              ports: ['80:80'],
            },
          },
        },
      },
      {
        document: {
          services: {
            edge: { image: 'traefik:v3.5', volumes: ['shared:/etc/traefik'] },
            manager: {
              image: 'portainer/portainer-ce:2.27.0',
              volumes: [{ type: 'volume', source: 'shared', target: '/data' }],
            },
          },
        },
      },
    ],
  },
};

/** How many services write each named volume, and of which zones. */
function writersByVolume(
  model: StaticModel,
): ReadonlyMap<string, { count: number; zones: Set<string> }> {
  const found = new Map<string, { count: number; zones: Set<string> }>();
  for (const view of viewOf(model).services) {
    const zone = trustZoneOf(view);
    for (const source of writable(view)) {
      const one = found.get(source) ?? { count: 0, zones: new Set<string>() };
      one.count += 1;
      if (zone !== undefined) one.zones.add(zone);
      found.set(source, one);
    }
  }
  return found;
}

function writable(view: ServiceView): string[] {
  const named = view.mounts
    .filter((mount) => mount.type === 'volume' && mount.source !== '' && !mount.readOnly)
    .map((mount) => mount.source);
  return [...new Set(named)];
}
