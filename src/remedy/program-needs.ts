import type { ServiceView } from '../controls/compose/stack-view.ts';

/** What a well-known image needs to work, as its maintainers' files say. */
export interface ProgramNeeds {
  /** `uid:gid`; undefined where the image's own choice must stay. */
  user?: string;
  /** True where `user` is what the image has by itself: then no file can become unreadable. */
  userIsDefault?: boolean;
  /** Capabilities that it needs beside none at all; undefined where nobody knows. */
  capabilities?: readonly string[];
  /** Folders that it writes to under a read-only root; undefined where a read-only root is not known to work. */
  writable?: readonly string[];
  /** Folders that must be on a volume before the root may be read-only. */
  volumes?: readonly string[];
  /** Variables that a read-only root asks for. */
  environment?: Readonly<Record<string, string>>;
  /** Where it says so. */
  source: string;
}

interface Entry {
  /** Image path without registry and tag. */
  image: RegExp;
  needs: (view: ServiceView) => ProgramNeeds | null;
}

/** The user of images that have a Debian and an Alpine variant. */
function byVariant(view: ServiceView, alpine: string, debian: string): string {
  return view.image.tag.includes('alpine') ? alpine : debian;
}

/** Images whose files were read. A derived image may differ in all of it and is not matched. */
const entries: readonly Entry[] = [
  {
    // Alpine 70, Debian 999; with user: no capability (docker-library/postgres 18/*/Dockerfile,
    // issues #907 and #1070); socket folder and /tmp are written to (issue #154).
    image: /^(library\/)?postgres$/,
    needs: (view) => ({
      user: byVariant(view, '70:70', '999:999'),
      capabilities: [],
      writable: ['/var/run/postgresql', '/tmp'],
      volumes: ['/var/lib/postgresql'],
      source: 'docker-library/postgres: Dockerfile, issues 154, 907, 1070',
    }),
  },
  {
    // As root without capabilities it stays root and cannot write to /data (docker-entrypoint.sh).
    image: /^(library\/)?redis$/,
    needs: (view) => ({
      user: byVariant(view, '999:1000', '999:999'),
      capabilities: [],
      writable: [],
      volumes: ['/data'],
      source: 'redis/docker-library-redis: alpine/Dockerfile, docker-entrypoint.sh',
    }),
  },
  {
    // Its entrypoint neither changes owners nor its user; ports below 1024 are free to every user
    // in a network namespace that the engine made (moby/moby#41030).
    image: /^(library\/)?traefik$/,
    needs: ({ command, service }) => ({
      ...(service.network_mode === 'host' ? {} : { capabilities: [] }),
      ...(command.some((word) => /experimental\.plugins/i.test(word))
        ? {}
        : { writable: ['/tmp'] }),
      source: 'traefik/traefik-library-image: v3.7/alpine/entrypoint.sh',
    }),
  },
  {
    // As uid 0 it owns the socket; haproxy.cfg is written to /tmp, the pid to /run (Dockerfile,
    // docker-entrypoint.sh; read-only use in ZoeyVid/docker-socket-proxy#86).
    image: /^tecnativa\/docker-socket-proxy$/i,
    needs: () => ({
      capabilities: [],
      writable: ['/run', '/tmp'],
      source: 'Tecnativa/docker-socket-proxy v0.4.1: Dockerfile, docker-entrypoint.sh',
    }),
  },
  {
    image: /^wollomatic\/socket-proxy$/,
    needs: () => ({
      capabilities: [],
      writable: [],
      source: 'wollomatic/socket-proxy: README, Dockerfile',
    }),
  },
  {
    image: /^(library\/)?haproxy$/,
    needs: ({ service }) => ({
      user: '99:99',
      userIsDefault: true,
      ...(service.network_mode === 'host' ? {} : { capabilities: [] }),
      source: 'docker-library/haproxy: 3.2/alpine/Dockerfile',
    }),
  },
  {
    image: /^nginxinc\/nginx-unprivileged$/,
    needs: () => ({
      user: '101:101',
      userIsDefault: true,
      capabilities: [],
      source: 'nginxinc/docker-nginx-unprivileged: README (read-only root needs /tmp)',
      writable: ['/tmp'],
    }),
  },
  {
    // Distroless as 65532; the -alpine variant has no user of its own and works as the same one.
    image: /^oauth2-proxy\/oauth2-proxy$/,
    needs: ({ image }) => ({
      user: '65532:65532',
      userIsDefault: !image.tag.endsWith('-alpine'),
      capabilities: [],
      writable: [],
      source: 'oauth2-proxy/oauth2-proxy: Dockerfile, Makefile',
    }),
  },
  {
    // Read-only is confirmed with its media folder writable (goauthentik/authentik#16350). The
    // worker that is root for the engine's socket is a case of its own.
    image: /^goauthentik\/(server|authentik)$/,
    needs: ({ service }) =>
      service.user !== undefined && /^(root|0)(:|$)/.test(service.user)
        ? null
        : {
            user: '1000:1000',
            userIsDefault: true,
            capabilities: [],
            source: 'goauthentik/authentik: lifecycle/container/Dockerfile, lifecycle/ak',
          },
  },
  {
    // busybox base, USER nobody, no entrypoint script; -distroless variants are 65532.
    image: /^(prom|prometheus)\/(prometheus|alertmanager|pushgateway|node-exporter)$/,
    needs: ({ image, service }) => ({
      ...(image.tag.includes('distroless') ? {} : { user: '65534:65534', userIsDefault: true }),
      ...(service.user !== undefined && /^(root|0)(:|$)/.test(service.user)
        ? {}
        : { capabilities: [], writable: [] }),
      volumes: image.path.endsWith('/prometheus')
        ? ['/prometheus']
        : image.path.endsWith('/alertmanager')
          ? ['/alertmanager']
          : [],
      source: 'prometheus/prometheus, alertmanager, pushgateway, node_exporter: Dockerfile',
    }),
  },
  {
    image: /^prometheuscommunity\/postgres-exporter$/,
    needs: () => ({
      user: '65534:65534',
      userIsDefault: true,
      capabilities: [],
      writable: [],
      source: 'prometheus-community/postgres_exporter: Dockerfile',
    }),
  },
  {
    image: /^oliver006\/redis_exporter$/,
    needs: () => ({
      user: '59000:59000',
      userIsDefault: true,
      capabilities: [],
      writable: [],
      source: 'oliver006/redis_exporter: docker/Dockerfile',
    }),
  },
  {
    // Since 13 it updates bundled plugins in the image at its start and loses them on a read-only
    // root, unless told not to (grafana/grafana#132528).
    image: /^grafana\/grafana(-oss|-enterprise)?$/,
    needs: ({ service }) =>
      service.user !== undefined && !/^472(:|$)/.test(service.user)
        ? null
        : {
            user: '472:0',
            userIsDefault: true,
            capabilities: [],
            writable: ['/tmp'],
            volumes: ['/var/lib/grafana'],
            environment: { GF_PLUGINS_PREINSTALL_AUTO_UPDATE: 'false' },
            source: 'grafana/grafana: Dockerfile, packaging/docker/run.sh, issue 132528',
          },
  },
  {
    image: /^grafana\/loki$/,
    needs: ({ service }) =>
      service.user !== undefined && !/^10001(:|$)/.test(service.user)
        ? null
        : {
            user: '10001:10001',
            userIsDefault: true,
            capabilities: [],
            writable: ['/tmp'],
            volumes: ['/loki'],
            source: 'grafana/loki v3.7.6: cmd/loki/Dockerfile; Helm chart',
          },
  },
  {
    image: /^jaegertracing\/jaeger$/,
    needs: () => ({
      user: '10001:0',
      userIsDefault: true,
      capabilities: [],
      writable: ['/tmp'],
      source: 'jaegertracing/jaeger v2.20.0: cmd/jaeger/Dockerfile',
    }),
  },
  {
    image: /^tarampampam\/error-pages$/,
    needs: () => ({
      user: '10001:10001',
      userIsDefault: true,
      capabilities: [],
      writable: [],
      source: 'tarampampam/error-pages: README',
    }),
  },
];

/** What a service's image needs, where it is one that is known; null otherwise. */
export function needsOf(view: ServiceView): ProgramNeeds | null {
  // Another program than the image's own may need anything; so may an image that a variable names.
  if (view.isOpen('image') || view.service.entrypoint !== undefined) return null;
  if (view.service['build'] !== undefined) return null;
  const entry = entries.find(({ image }) => image.test(view.image.path));
  return entry?.needs(view) ?? null;
}
