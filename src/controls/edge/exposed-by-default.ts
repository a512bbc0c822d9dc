import type { Control, StaticResult } from '../control.ts';
import { exampleEdge } from './edge-example.ts';
import { edgeOptions, optionResult } from './edge-options.ts';

const id = 'J-EDG-07';
const option = 'providers.docker.exposedbydefault';
const expected = `${option}=false`;

export const exposedByDefault: Control = {
  id,
  title: 'Traefik routes only what asks for it',
  severity: 'medium',
  domain: 'edge',
  subject: 'service',
  why: 'By default Traefik makes a route to each container that it sees: a database that is started beside it answers under its own name.',
  references: [
    'https://doc.traefik.io/traefik/providers/docker/#exposedbydefault',
    'NIST SP 800-190 4.4.2',
  ],
  blindSpots: [
    'A static configuration in a file is not read; then it is unknown.',
    'Constraints and default rules that leave containers out are not judged.',
    'nginx-proxy and caddy-docker-proxy route only what asks for it by themselves.',
  ],
  remedy:
    'Set --providers.docker.exposedbydefault=false and label what is to be routed: traefik.enable=true.',
  static: (model) =>
    edgeOptions(model).map((edge): StaticResult => {
      const { options, isVisible } = edge;
      if (!isVisible) {
        return optionResult(edge, option, { status: 'unknown', expected, seen: 'a file decides' });
      }
      const usesDocker = [...options.keys()].some((name) => name.startsWith('providers.docker'));
      if (!usesDocker) {
        const seen = 'the Docker provider is off';
        return optionResult(edge, option, { status: 'not-applicable', expected, seen });
      }
      const value = options.get(option);
      return optionResult(edge, option, {
        status: /^(false|0|f)$/i.test(value ?? '') ? 'pass' : 'fail',
        expected,
        seen: value ?? 'not set: true',
      });
    }),
  examples: {
    pass: [
      exampleEdge({}),
      exampleEdge({
        edge: {
          image: 'traefik:v3',
          command: [],
          environment: {
            TRAEFIK_PROVIDERS_DOCKER: 'true',
            TRAEFIK_PROVIDERS_DOCKER_EXPOSEDBYDEFAULT: 'false',
          },
        },
      }),
    ],
    fail: [
      exampleEdge({ edge: { image: 'traefik:v3', command: ['--providers.docker=true'] } }),
      exampleEdge({
        edge: {
          image: 'traefik:v3',
          command: '--providers.docker --providers.docker.exposedbydefault=true',
        },
      }),
    ],
  },
};
