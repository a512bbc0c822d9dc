import { exampleService } from '../compose/example.ts';
import { viewOf } from '../compose/stack-view.ts';
import type { Control, StaticResult } from '../control.ts';
import { argumentCredentials, hasArguments } from './argument-credentials.ts';

const id = 'J-CRD-04';
const expected = 'no credential in arguments, labels or build arguments';

export const visibleCredential: Control = {
  id,
  title: 'No credential in commands, labels or build arguments',
  severity: 'high',
  domain: 'secrets',
  subject: 'service',
  why: 'Every user of the host sees arguments in the list of processes, every client that may list containers sees labels, and build arguments stay in the history of the image.',
  references: ['OWASP Docker Security Cheat Sheet rule 12', 'NIST SP 800-190 4.1.4', 'HIGH-003'],
  blindSpots: [
    'A credential is known by the name of its option or label; of programs without names for it, mysql -p, redis-cli -a and curl -u are known.',
    "Hashes pass, as those of basic authentication in Traefik's labels: nobody signs in with a hash, but a weak password behind it can be guessed.",
    'A variable of the shell inside the container passes, though the program that it starts may show it.',
    'A known password there is the matter of J-CRD-05, one in a health check of J-HC-02.',
  ],
  remedy:
    'Give it in a file (secrets:) that the program reads; in a build with RUN --mount=type=secret.',
  static: (model) => {
    const found = argumentCredentials(model);
    return viewOf(model).services.flatMap((view): StaticResult[] => {
      const subject = view.name;
      const all = found.get(subject) ?? [];
      const own = all.filter(({ isKnown }) => !isKnown);
      if (own.length > 0) {
        return own.map(({ name, location }) => ({
          subject,
          status: 'fail',
          expected,
          seen: name,
          location,
        }));
      }
      const applies = hasArguments(view) && all.length === 0;
      return [
        {
          subject,
          status: applies ? 'pass' : 'not-applicable',
          expected,
          seen: applies ? 'none' : 'none that is not a known one',
          location: ['services', subject],
        },
      ];
    });
  },
  examples: {
    pass: [
      exampleService({
        command: ['--config=/etc/app.yml', '--client-secret-file=/run/secrets/oidc'],
        labels: {
          'traefik.http.middlewares.auth.basicauth.users': 'ada:$2y$05$abcdefghijklmnopqrstuv',
          'homepage.widget.key': '{{HOMEPAGE_VAR_KEY}}',
          'com.example.token': 'true',
        },
        build: { context: '.', args: { VERSION: '1.2', NEXT_PUBLIC_API_KEY: 'x1y2z3' } },
      }),
      exampleService({
        command: ['sh', '-c', 'exec redis-server --requirepass "$$(cat /run/secrets/redis)"'],
      }),
      exampleService({ command: 'psql --no-password app' }),
    ],
    fail: [
      exampleService({ command: ['redis-server', '--requirepass', 'v9Xk2mQ7pLr4Tz8W'] }),
      exampleService({ command: 'redis-server --requirepass ${REDIS_PASSWORD}' }),
      exampleService({ command: ['app', '--db=postgres://app:v9Xk2mQ7pLr4@db/app'] }),
      exampleService({ command: ['mysqldump', '-pv9Xk2mQ7pLr4Tz8W', 'app'] }),
      exampleService({ labels: { 'homepage.widget.key': '0123456789abcdef' } }),
      exampleService({
        labels: {
          'traefik.http.middlewares.cs.plugin.bouncer.crowdsecLapiKey': '0123456789abcdef',
        },
      }),
      exampleService({ build: { context: '.', args: { NPM_TOKEN: '${NPM_TOKEN}' } } }),
    ],
  },
};
