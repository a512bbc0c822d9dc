import { exampleService } from '../compose/example.ts';
import type { Control } from '../control.ts';
import { judgeEnvironment } from './environment-credentials.ts';

const id = 'J-CRD-08';

export const weakSecret: Control = {
  id,
  title: 'Secrets are long and random enough',
  severity: 'high',
  domain: 'secrets',
  subject: 'service',
  why: 'A key that signs sessions is guessed offline, as fast as hardware allows; a short one does not last an hour.',
  references: ['OWASP Docker Security Cheat Sheet rule 12', 'NIST SP 800-63B 5.1.1', 'HIGH-003'],
  blindSpots: [
    'Length and characters are measured: a long text that somebody else knows is not seen.',
    'Tokens that another party issued are not measured, nor secrets in files.',
  ],
  remedy:
    "Generate it: openssl rand -hex 32. oauth2-proxy's cookie secret has 16, 24 or 32 bytes: openssl rand -base64 32 | tr -- '+/' '-_'.",
  static: (model) =>
    judgeEnvironment(model, '12 characters or more, random', ({ kind }) => {
      if (kind === 'weak') return 'fail';
      return ['written', 'outside', 'address'].includes(kind) ? 'pass' : 'not-applicable';
    }),
  examples: {
    pass: [
      exampleService({ environment: { DB_PASSWORD: 'v9Xk2mQ7pLr4Tz8W', RETRY_TOKEN: 'abc' } }),
      exampleService({
        image: 'quay.io/oauth2-proxy/oauth2-proxy:v7',
        environment: { OAUTH2_PROXY_COOKIE_SECRET: '5CkJ3xZb9qLr2mVw8tYpN4sHdF7gKaQeRuXiOzBvTcM=' },
      }),
    ],
    fail: [
      exampleService({ environment: { DB_PASSWORD: 'hunter7' } }),
      exampleService({ environment: { SECRET_KEY: 'abababababababababab' } }),
      exampleService({ environment: { JWT_SECRET: 'Sommerwiese24' } }),
      exampleService({
        image: 'quay.io/oauth2-proxy/oauth2-proxy:v7',
        environment: { OAUTH2_PROXY_COOKIE_SECRET: 'v9Xk2mQ7pLr4Tz8W0a' },
      }),
    ],
  },
};
