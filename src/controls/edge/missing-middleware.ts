import { traefikLabels } from '../compose/traefik-config.ts';
import { exampleProject } from '../compose/example.ts';
import type { Control, StaticModel, Status } from '../control.ts';
import { exampleEdge } from './edge-example.ts';
import { edgeFiles, edgeMiddlewares } from './edge-files.ts';
import { edgeOptions } from './edge-options.ts';
import { judgeRouters } from './router-chain.ts';

const id = 'J-EDG-08';
/** https://doc.traefik.io/traefik/providers/overview/#supported-providers */
const providers = new Set(
  'docker swarm file internal rest http redis etcd consul consulcatalog zookeeper nomad ecs kubernetescrd kubernetes kubernetesgateway kubernetesingressnginx kv plugin marathon rancher'.split(
    ' ',
  ),
);
const longestName = 64;

export const missingMiddleware: Control = {
  id,
  title: 'Every middleware that a router names is there',
  severity: 'high',
  domain: 'edge',
  subject: 'router',
  why: 'Traefik turns a router off whose middleware it does not find; whoever then takes the name out to have the page back leaves it open.',
  references: ['https://doc.traefik.io/traefik/providers/overview/#provider-namespace'],
  blindSpots: [
    'A middleware of a file, or of labels of another Compose project on the host, may be there: it is unknown, but for names that differ in one letter from a defined one.',
    'Only routers in labels of Traefik are read, and in a project those that are rendered.',
  ],
  remedy: 'Define it, or write the name as it is defined, with @file where a file defines it.',
  static: (model) => {
    const defined = model.project
      ? new Set(Object.keys(edgeMiddlewares(model.project) ?? {}))
      : new Set(traefikLabels(model).middlewares.keys());
    const near = nearNames(defined);
    const edge = edgeOptions(model)[0];
    const hasFile =
      !edge?.isVisible ||
      [...edge.options.keys()].some((name) => name.startsWith('providers.file'));
    return judgeRouters(model, 'each is defined', (chain) => {
      if (chain.middlewares.length === 0 && chain.elsewhere.length === 0) return null;
      let status: Status = 'pass';
      let seen = 'so';
      for (const name of new Set(chain.elsewhere)) {
        const fault = faultOf(name);
        if (fault !== null) return { status: 'fail', seen: fault };
        status = 'unknown';
        seen = `${name} is defined elsewhere`;
      }
      return { status, seen };
    });

    function faultOf(full: string): string | null {
      const at = full.lastIndexOf('@');
      const name = at < 0 ? full : full.slice(0, at);
      const provider = at < 0 ? 'docker' : full.slice(at + 1).toLowerCase();
      if (model.project) return `${full} is not defined`;
      if (!providers.has(provider.replace(/-.*$/, ''))) return `@${provider} is no provider`;
      if (provider === 'file') {
        if (hasFile) return null;
        return defined.has(name)
          ? `${name} is of labels, not of a file`
          : `${full}, but no file is read`;
      }
      if (provider !== 'docker') return null;
      const meant = deletions(plain(name))
        .map((one) => near.get(one))
        .find(Boolean);
      if (meant !== undefined && meant !== name) return `${full}: is ${meant} meant?`;
      // Beside its Traefik a stack defines what it names; another one may define it otherwise.
      return edge?.isVisible && !hasFile ? `${full} is not defined` : null;
    }
  },
  examples: {
    pass: [
      exampleEdge({
        labels: {
          'routers.app.rule': 'Host(`a.example.com`)',
          'routers.app.middlewares': 'auth@docker, zip',
          'middlewares.auth.forwardauth.address': 'x',
          'middlewares.zip.compress': 'true',
        },
      }),
      ofProject('gate'),
    ],
    fail: [
      exampleOf('secure-headres'),
      exampleOf('secure_headers'),
      exampleOf('secure-headers@file'),
      exampleOf('secure-headers@dockr'),
      exampleOf('authelia'),
      ofProject('gaet'),
    ],
  },
};

/** Defined names by each of their forms with one letter left out: the cost does not grow squared. */
function nearNames(names: ReadonlySet<string>): ReadonlyMap<string, string> {
  const near = new Map<string, string>();
  for (const name of names) for (const form of deletions(plain(name))) near.set(form, name);
  return near;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function deletions(name: string): string[] {
  if (name.length < 4 || name.length > longestName) return [name];
  return [name, ...Array.from(name, (_, at) => name.slice(0, at) + name.slice(at + 1))];
}

function exampleOf(middleware: string): StaticModel {
  return exampleEdge({
    labels: {
      'routers.app.rule': 'Host(`a.example.com`)',
      'routers.app.middlewares': middleware,
      'middlewares.secure-headers.headers.stsseconds': '31536000',
    },
  });
}

function ofProject(middleware: string): StaticModel {
  return exampleProject({
    files: {
      [edgeFiles.routers]: `http:\n  routers:\n    app: { rule: x, service: app, middlewares: [${middleware}] }\n`,
      [edgeFiles.middlewares]: 'http:\n  middlewares:\n    gate: { forwardAuth: { address: x } }\n',
    },
  });
}
