import { exampleService } from '../compose/example.ts';
import { viewOf } from '../compose/stack-view.ts';
import type { Control, StaticModel, StaticResult } from '../control.ts';
import { isSocketProxy, rightsOf } from './socket-proxy-options.ts';

const id = 'J-PRX-01';
const expected = 'calls that read, of single sections';

export const socketProxyPost: Control = {
  id,
  title: 'No socket proxy lets its clients make containers',
  severity: 'critical',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: 'Who may POST to /containers/create starts a container with the disk of the host in it: a proxy that lets that through protects nothing.',
  references: ['OWASP Docker Security Cheat Sheet rule 1', 'CIS Docker Benchmark 5.32', 'LOW-002'],
  blindSpots: [
    'Known are the variables of Tecnativa and LinuxServer.io and the patterns of wollomatic; a configuration of its own that a proxy mounts is not read.',
    'A pattern is judged by words in it, not by what it matches.',
  ],
  remedy:
    'Leave POST at 0. A program that must restart a container needs ALLOW_RESTARTS only; one that must make them is as powerful as root and belongs on no network with others.',
  static: (model) =>
    viewOf(model)
      .services.filter(isSocketProxy)
      .flatMap((view): StaticResult[] => {
        const base = { subject: view.name, expected };
        const open = view.isOpen('environment') || view.isOpen('command');
        const { root } = rightsOf(view);
        if (root.length > 0) {
          return root.map(({ name, location }) => ({
            ...base,
            status: 'fail',
            seen: name,
            location,
          }));
        }
        const location = ['services', view.name, 'environment'];
        return open
          ? [{ ...base, status: 'unknown', seen: 'a variable without a value', location }]
          : [{ ...base, status: 'pass', seen: 'so', location }];
      }),
  examples: {
    pass: [
      proxy({ CONTAINERS: '1', POST: '0' }),
      proxy({ POST: '1', EVENTS: '1', CONTAINERS: '0' }),
      proxy({ CONTAINERS: '1', ALLOW_RESTARTS: '1' }),
      wollomatic('-allowGET=/v1\\..{1,2}/(version|containers/.*|events.*)'),
      wollomatic('-allowPOST=/v1\\..{1,2}/containers/[a-z0-9]+/restart'),
    ],
    fail: [
      proxy({ CONTAINERS: '1', POST: '1' }),
      proxy({ EXEC: 'true', POST: 'true' }),
      wollomatic('-allowPOST=.*'),
      wollomatic('-allowPOST=/v1\\..{1,2}/containers/create'),
    ],
  },
};

function proxy(environment: Readonly<Record<string, string>>): StaticModel {
  return exampleService({ image: 'ghcr.io/tecnativa/docker-socket-proxy:0.3', environment });
}

function wollomatic(word: string): StaticModel {
  return exampleService({ image: 'wollomatic/socket-proxy:1', command: ['-loglevel=info', word] });
}
