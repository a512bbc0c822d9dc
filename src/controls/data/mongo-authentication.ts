import { exampleService } from '../compose/example.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { isTrue, optionOf, programWords } from '../compose/program-words.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control } from '../control.ts';

const id = 'J-MGO-01';
const isMongo = {
  is: ({ program }: ServiceView) => program === 'mongo',
  not: 'not MongoDB',
  expected: 'access control is on',
};
/** https://hub.docker.com/_/mongo, https://github.com/bitnami/containers/tree/main/bitnami/mongodb */
const users = [
  'MONGO_INITDB_ROOT_USERNAME',
  'MONGO_INITDB_ROOT_USERNAME_FILE',
  'MONGODB_INITDB_ROOT_USERNAME',
  'MONGODB_INITDB_ROOT_USERNAME_FILE',
  'MONGODB_ROOT_PASSWORD',
  'MONGODB_ROOT_PASSWORD_FILE',
];
const switches = ['--auth', '--keyFile', '--clusterAuthMode'];

export const mongoAuthentication: Control = {
  id,
  title: 'MongoDB asks who is there',
  severity: 'high',
  domain: 'data',
  subject: 'database',
  why: 'Without access control, everybody who reaches the port reads, changes and deletes every collection; such servers are emptied for ransom within hours of being found.',
  references: ['CIS MongoDB Benchmark 2.1', 'J-PG-03'],
  blindSpots: ['A mounted mongod.conf is not read.'],
  remedy:
    'Set MONGO_INITDB_ROOT_USERNAME and MONGO_INITDB_ROOT_PASSWORD_FILE before the first start.',
  static: (model) =>
    checkPrograms(model, id, isMongo, (view) => {
      const words = programWords(view);
      if (words.includes('--noauth')) {
        return { status: 'fail', seen: '--noauth', location: placeOf(view, 'command') };
      }
      const on =
        users.find((name) => (view.environment.get(name) ?? '') !== '') ??
        switches.find((name) => optionOf(words, name) !== undefined);
      if (on !== undefined) return { status: 'pass', seen: on };
      // A name alone takes its value from whoever runs Compose.
      const passed = users.find((name) => view.environment.has(name));
      if (passed !== undefined) return { status: 'unknown', seen: `${passed} comes from outside` };
      const isBitnami = /(^|\/)bitnami/.test(view.image.path);
      const byFile = optionOf(words, '--config', '-f') !== undefined;
      if (byFile || (isBitnami && !isTrue(view.environment.get('ALLOW_EMPTY_PASSWORD')))) {
        return { status: 'unknown', seen: 'a file, or a variable that is not here, decides' };
      }
      const location = placeOf(
        view,
        view.service.environment === undefined ? 'image' : 'environment',
      );
      return { status: 'fail', seen: 'no root user, so it asks nobody', location };
    }),
  examples: {
    pass: [
      exampleService({ image: 'mongo:8', environment: { MONGO_INITDB_ROOT_USERNAME: 'root' } }),
      exampleService({
        image: 'mongo:8',
        command: 'mongod --replSet rs0 --keyFile /run/secrets/k',
      }),
    ],
    fail: [
      exampleService({ image: 'mongo:8' }),
      exampleService({ image: 'mongo:8', command: ['--replSet', 'rs0', '--bind_ip_all'] }),
      exampleService({
        image: 'mongo:8',
        command: 'mongod --noauth',
        environment: { MONGO_INITDB_ROOT_USERNAME: 'root' },
      }),
    ],
  },
};
