import { exampleService } from '../compose/example.ts';
import { checkServices } from '../compose/service-check.ts';
import { isWithin, mountsOf } from '../compose/service-mounts.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-SOCK-01';
const socketName = /(^|\/)(docker|containerd|podman|crio)[^/]*\.sock$/;
const socketPaths = [
  '/var/run/docker.sock',
  '/run/docker.sock',
  '/run/containerd/containerd.sock',
  '/run/podman/podman.sock',
];

export const engineSocket: Control = {
  id,
  title: "No container mounts the container engine's socket",
  severity: 'critical',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: 'Whoever can talk to the engine is root on the host. Mounting the socket read-only changes nothing: it forbids replacing the file, not talking to it.',
  references: [
    'CIS Docker Benchmark 5.32',
    'OWASP Docker Security Cheat Sheet rule 1',
    'NIST SP 800-190 4.4.3',
  ],
  blindSpots: ['A socket under a name of its own, in a folder of its own, is not recognised.'],
  remedy: 'Declare the Docker API calls that the service needs; it then gets a proxy of its own.',
  static: (model) =>
    checkServices(model, id, ['volumes'], (service) => {
      const own = model.project?.settings.values['DOCKER_SOCKET'];
      const sockets = typeof own === 'string' ? [own, ...socketPaths] : socketPaths;
      const found = mountsOf(service)
        .map((mount) => mount.source)
        .filter(
          (source) =>
            socketName.test(source) ||
            (source.startsWith('/') && sockets.some((socket) => isWithin(socket, source))),
        );
      return {
        status: found.length === 0 ? 'pass' : 'fail',
        expected: 'no mount of it or of a folder above it',
        seen: found.join(', ') || 'none',
      };
    }),
  probe: (context) =>
    probeContainers(context, id, '/proc/self/mountinfo, docker inspect', async (target) => {
      const mounted = (await target.snapshot()).mounts
        .filter((mount) => socketName.test(mount.root) || socketName.test(mount.target))
        .map((mount) => mount.target);
      const inspected = target.facts.mounts
        .filter((mount) => mount.type === 'bind')
        .filter(
          (mount) =>
            socketName.test(mount.source) ||
            socketPaths.some((socket) => isWithin(socket, mount.source)),
        )
        .map((mount) => mount.target);
      const found = [...new Set([...mounted, ...inspected])];
      return {
        status: found.length === 0 ? 'pass' : 'fail',
        expected: 'no socket',
        seen: found.join(', ') || 'none',
      };
    }),
  attack: (context) =>
    probeContainers(context, id, 'a socket looked for inside, as root', async ({ facts }) => {
      const { stdout } = await context.engine.exec(
        facts.id,
        ['sh', '-c', `for s in ${socketPaths.join(' ')}; do [ -S $s ] && echo $s; done; exit 0`],
        { user: '0:0', signal: context.signal },
      );
      const found = stdout.trim().split('\n').filter(Boolean);
      return {
        status: found.length === 0 ? 'pass' : 'fail',
        expected: 'none',
        seen: found.join(', ') || 'none',
      };
    }),
  examples: {
    pass: [
      exampleService({}),
      exampleService({ volumes: ['data:/data', './x.yml:/etc/x.yml:ro'] }),
    ],
    fail: [
      exampleService({ volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro'] }),
      exampleService({ volumes: ['/run:/host-run'] }),
      exampleService({
        volumes: [{ type: 'bind', source: '/run/user/1000/docker.sock', target: '/s' }],
      }),
    ],
  },
};
