import { exampleService } from '../compose/example.ts';
import { viewOf } from '../compose/stack-view.ts';
import type { Control, StaticModel, StaticResult } from '../control.ts';
import { isSocketProxy, rightsOf } from './socket-proxy-options.ts';

const id = 'J-PRX-04';
const expected = 'calls that read';

export const socketProxyRights: Control = {
  id,
  title: 'A socket proxy gives its clients no power over other containers',
  severity: 'medium',
  domain: 'isolation',
  subject: 'service',
  why: 'Who may stop containers stops the one that watches; credentials of registries and secrets are for the engine alone.',
  references: ['OWASP Docker Security Cheat Sheet rule 1', 'J-PRX-01'],
  blindSpots: [
    'A program that restarts what is unhealthy needs ALLOW_RESTARTS: waive it with that reason.',
    'What leads to root on the host is the matter of J-PRX-01.',
  ],
  remedy:
    'Set AUTH, SECRETS, EXEC, ALLOW_START, ALLOW_STOP and ALLOW_RESTARTS to 0, or give the one client that needs it a proxy of its own.',
  static: (model) =>
    viewOf(model)
      .services.filter(isSocketProxy)
      .flatMap((view): StaticResult[] => {
        const { lesser } = rightsOf(view);
        const base = { subject: view.name, expected };
        return lesser.length === 0
          ? [
              {
                ...base,
                status: 'pass',
                seen: 'so',
                location: ['services', view.name, 'environment'],
              },
            ]
          : lesser.map(({ name, location }) => ({ ...base, status: 'fail', seen: name, location }));
      }),
  examples: {
    pass: [proxy({ CONTAINERS: '1' }), proxy({ ALLOW_STOP: '0', SECRETS: '0' })],
    fail: [proxy({ ALLOW_STOP: '1' }), proxy({ SECRETS: '1' }), proxy({ EXEC: '1' })],
  },
};

function proxy(environment: Readonly<Record<string, string>>): StaticModel {
  return exampleService({ image: 'lscr.io/linuxserver/socket-proxy:3', environment });
}
