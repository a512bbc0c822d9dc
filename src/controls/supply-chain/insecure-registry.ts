import { textOf } from '../../settings/definition.ts';
import { exampleProject, exampleService } from '../compose/example.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control } from '../control.ts';

const id = 'J-IMG-04';
const pulled = {
  is: ({ service, image }: ServiceView) => image.path !== '' && service['build'] === undefined,
  not: 'built, not pulled',
  expected: 'a registry with TLS, and the mirror where one is chosen',
};
const address = /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]+\])(:\d+)?$/i;
const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/;

export const insecureRegistry: Control = {
  id,
  title: 'Images come from registries that can prove who they are',
  severity: 'medium',
  domain: 'supply-chain',
  subject: 'service',
  why: 'Over plain HTTP anybody on the way decides which program runs. A list of registries keeps a typing error from pulling the image of a stranger.',
  references: [
    'J-IMG-04',
    'CIS Docker Benchmark 2.5',
    'CIS Docker Benchmark 4.2',
    'NIST SP 800-190 4.2.1',
  ],
  blindSpots: [
    'A name does not say whether its registry has TLS: only port 80 and a written http:// are certain. insecure-registries of the engine is not read.',
    'Which registries are trusted is known in a project with IMAGE_MIRROR only; whose images they hold is not judged.',
  ],
  remedy: 'Give the registry a certificate and name it by its host, or use a mirror with TLS.',
  static: (model) => {
    const mirror = model.project ? textOf(model.project.settings, 'IMAGE_MIRROR') : '';
    const host = mirror.split('/', 1)[0] ?? '';
    return checkPrograms(model, id, pulled, (view) => {
      const location = placeOf(view, 'image');
      const { registry } = view.image;
      const text = view.service.image ?? '';
      if (/^http:\/\//i.test(text) || /:80$/.test(registry)) {
        return { status: 'fail', seen: 'a registry over plain HTTP', location };
      }
      if (loopback.test(registry)) return { status: 'pass', seen: 'a registry of this host' };
      if (host !== '' && registry !== host) {
        return { status: 'fail', seen: `not from the mirror ${host}`, location };
      }
      if (registry !== host && (address.test(registry) || registry.includes('$'))) {
        return { status: 'unknown', seen: `whether ${registry} has TLS`, location };
      }
      return { status: 'pass', seen: registry || 'docker.io' };
    });
  },
  examples: {
    pass: [
      exampleService({ image: 'redis:8.2.1' }),
      exampleService({ image: 'ghcr.io/example/app:1' }),
      exampleService({ image: 'registry.example.com:5000/app:1' }),
      exampleService({ image: 'localhost:5000/app:1' }),
    ],
    fail: [
      exampleService({ image: 'registry.example.com:80/app:1' }),
      exampleService({ image: 'http://registry.example.com/app:1' }),
      exampleProject({
        settings: { IMAGE_MIRROR: 'mirror.example.com/hub' },
        document: { services: { app: { image: 'redis:8.2.1' } } },
      }),
    ],
  },
};
