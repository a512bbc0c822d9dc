import { socketName, socketPaths } from '../compose/engine-access.ts';
import { exampleService } from '../compose/example.ts';
import { isHomeOrKeys } from '../compose/host-paths.ts';
import { isWithin } from '../compose/service-mounts.ts';
import { ServiceView } from '../compose/stack-view.ts';
import { checkViews, isOnlyVariable } from '../compose/view-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'HIGH-002';
const expected = 'only work of its own';
/** The project folder, what is above it, and where secrets are kept in it. */
const projectPath =
  /^(\.|\.\.)(\/\.\.)*\/?$|^\.{1,2}\/(.*\/)?(secrets?|\.env[^/]*|\.git|\.ssh)(\/.*)?$/;

export const ideMounts: Control = {
  id,
  title: 'An IDE in a container sees neither keys, secrets nor the project',
  severity: 'high',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: "An IDE in the browser is a shell for whoever gets past its sign-in: with the operator's home, the project's secrets or the engine's socket in it, that is the whole host.",
  references: ['NIST SP 800-190 4.5.5', 'CIS Docker Benchmark 5.6'],
  blindSpots: [
    'In a file, an absolute path of the project folder is not recognised, because a Compose file does not say where it lies; the probe knows it.',
    'An IDE under an image name of its own is not recognised.',
  ],
  remedy: 'Mount a named volume for the work, and clone repositories into it.',
  static: (model) =>
    checkViews(
      model,
      id,
      ['volumes', 'use_api_socket'],
      (view) => {
        if (view.role !== 'ide') return { status: 'not-applicable', expected, seen: 'no IDE' };
        const found = view.mounts
          .map((mount) => mount.source)
          .filter((source) => projectPath.test(source) || isForbidden(source));
        if (view.service['use_api_socket'] === true) found.push('use_api_socket: true');
        if (found.length === 0 && view.mounts.some((mount) => isOnlyVariable(mount.source))) {
          return { status: 'unknown', expected, seen: 'a variable in volumes' };
        }
        return {
          status: found.length === 0 ? 'pass' : 'fail',
          expected,
          seen: found.join(', ') || 'nothing of the host',
        };
      },
      [],
    ),
  probe: (context) =>
    probeContainers(context, id, 'docker inspect Mounts', ({ facts, rendered, service }) => {
      const image = rendered?.image ?? facts.config.image;
      const { role } = new ServiceView(service, { image }, undefined, undefined);
      if (role !== 'ide') return { status: 'not-applicable', expected, seen: 'no IDE' };
      // https://docs.docker.com/compose/how-tos/project-name/: Compose labels what it makes.
      const folder = facts.config.labels['com.docker.compose.project.working_dir'] ?? '/';
      const found = facts.mounts
        .filter((mount) => mount.type === 'bind')
        .map((mount) => mount.source)
        .filter(
          (source) =>
            isForbidden(source) ||
            isWithin(folder, source) ||
            ['secrets', '.env', '.git'].some((name) => isWithin(source, `${folder}/${name}`)),
        );
      return {
        status: found.length === 0 ? 'pass' : 'fail',
        expected,
        seen: found.join(', ') || 'nothing of the host',
      };
    }),
  examples: {
    pass: [
      exampleService({
        image: 'codercom/code-server:4.104.0',
        volumes: ['work:/home/coder', './snippets:/snippets:ro', '/srv/code:/code'],
      }),
      exampleService({ image: 'quay.io/jupyter/scipy-notebook:2025-09-01' }),
    ],
    fail: [
      exampleService({
        image: 'codercom/code-server:4.104.0',
        volumes: ['~/.ssh:/home/coder/.ssh:ro'],
      }),
      exampleService({ image: 'lscr.io/linuxserver/code-server:4.104.0', volumes: ['.:/project'] }),
      exampleService({
        image: 'gitpod/openvscode-server:1.103.1',
        volumes: ['/home/ada:/home/ada'],
      }),
      exampleService({ image: 'jupyter/base-notebook:x', volumes: ['./secrets:/s:ro'] }),
      exampleService({ image: 'codercom/code-server:4.104.0', volumes: ['/var/run:/host-run'] }),
    ],
  },
};

function isForbidden(source: string): boolean {
  return (
    isHomeOrKeys(source) ||
    socketName.test(source) ||
    (source.startsWith('/') && socketPaths.some((socket) => isWithin(socket, source)))
  );
}
