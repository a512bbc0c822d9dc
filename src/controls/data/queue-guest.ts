import { exampleService } from '../compose/example.ts';
import { isLoopback } from '../compose/ways-in.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { isOpenText } from '../compose/program-words.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control } from '../control.ts';

const id = 'J-RMQ-01';
const isRabbit = {
  is: ({ program }: ServiceView) => program === 'rabbitmq',
  not: 'not RabbitMQ',
  expected: 'a user of its own, and no management page for strangers',
};
/** Bitnami's image makes `user`, with a published password, where neither is set. */
const userNames = ['RABBITMQ_DEFAULT_USER', 'RABBITMQ_USERNAME'];
const passwordNames = ['RABBITMQ_DEFAULT_PASS', 'RABBITMQ_PASSWORD', 'RABBITMQ_SECURE_PASSWORD'];
const managementPorts = new Set(['15671', '15672']);

export const queueGuest: Control = {
  id,
  title: 'RabbitMQ has no default user, and its management page is not published',
  severity: 'high',
  domain: 'data',
  subject: 'service',
  why: 'guest/guest administers the server, and the official image lets it in from everywhere; the page and its API are found by scanners.',
  // The image sets loopback_users.guest = false in its conf.d/10-defaults.conf.
  references: ['https://hub.docker.com/_/rabbitmq', 'J-CRD-05', 'J-NET-02'],
  blindSpots: [
    'A mounted rabbitmq.conf or definitions file is not read.',
    'A user that was made at an earlier start stays: guest is to be deleted by hand then.',
  ],
  remedy:
    'Set RABBITMQ_DEFAULT_USER and RABBITMQ_DEFAULT_PASS_FILE, and take ports 15671 and 15672 out.',
  static: (model) =>
    checkPrograms(model, id, isRabbit, (view) => {
      const published = view.ports.find(
        (port) => managementPorts.has(port.target) && !isLoopback(port.address),
      );
      if (published) {
        const seen = `the management page is published on ${published.address || 'every address'}`;
        return { status: 'fail', seen, location: placeOf(view, 'ports') };
      }
      const user = userNames.map((name) => view.environment.get(name)).find(Boolean);
      const isFile = [...userNames, ...passwordNames].some((name) =>
        view.environment.get(`${name}_FILE`),
      );
      const password = passwordNames.map((name) => view.environment.get(name)).find(Boolean);
      if (user === undefined && password === undefined && !isFile) {
        const elsewhere =
          view.mounts.some(({ target }) => target.startsWith('/etc/rabbitmq')) ||
          [...userNames, ...passwordNames].some((name) => view.environment.has(name));
        return elsewhere
          ? { status: 'unknown', seen: 'a file, or who runs Compose, decides' }
          : { status: 'fail', seen: 'the default user guest', location: placeOf(view, 'image') };
      }
      if (password === 'guest') {
        const location = placeOf(view, 'environment');
        return { status: 'fail', seen: 'the default password', location };
      }
      const isOpen = password !== undefined && isOpenText(view, 'environment', password);
      return isOpen
        ? { status: 'unknown', seen: 'a password from a variable without a value' }
        : { status: 'pass', seen: 'so' };
    }),
  examples: {
    pass: [
      exampleService({
        image: 'rabbitmq:4.2-management',
        environment: { RABBITMQ_DEFAULT_USER: 'app', RABBITMQ_DEFAULT_PASS_FILE: '/run/secrets/r' },
        ports: ['127.0.0.1:15672:15672'],
      }),
    ],
    fail: [
      exampleService({ image: 'rabbitmq:4.2' }),
      exampleService({
        image: 'rabbitmq:4.2',
        environment: { RABBITMQ_DEFAULT_USER: 'guest', RABBITMQ_DEFAULT_PASS: 'guest' },
      }),
      exampleService({
        image: 'rabbitmq:4.2-management',
        environment: { RABBITMQ_DEFAULT_USER: 'app', RABBITMQ_DEFAULT_PASS: 'x' },
        ports: ['15672:15672'],
      }),
    ],
  },
};
