import { exampleService } from '../compose/example.ts';
import { viewOf } from '../compose/stack-view.ts';
import type { Control, StaticResult } from '../control.ts';
import { isSocketProxy } from './socket-proxy-options.ts';

const id = 'J-PRX-03';
const expected = 'not privileged';

export const socketProxyPrivileged: Control = {
  id,
  title: 'A socket proxy is not privileged itself',
  severity: 'high',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: 'Its manual shows it privileged for hosts with SELinux; then a flaw of the proxy, which every client talks to, is root on the host.',
  references: [
    'CIS Docker Benchmark 5.5',
    'HIGH-001',
    'https://github.com/Tecnativa/docker-socket-proxy#usage',
  ],
  blindSpots: [
    'A proxy under a name of its own is not recognised; HIGH-001 finds it as any other.',
  ],
  remedy: 'Take privileged out: a proxy needs the socket and nothing else of the host.',
  fix: (finding) => [
    {
      service: finding.subject,
      key: ['privileged'],
      change: { kind: 'set', value: false },
      reason: 'a proxy needs the socket only',
    },
  ],
  static: (model) =>
    viewOf(model)
      .services.filter(isSocketProxy)
      .map((view): StaticResult => {
        const { privileged } = view.service;
        const status = view.isOpen('privileged')
          ? 'unknown'
          : privileged === true
            ? 'fail'
            : 'pass';
        return {
          subject: view.name,
          status,
          expected,
          seen: String(privileged ?? 'not set'),
          location: ['services', view.name, 'privileged'],
        };
      }),
  examples: {
    pass: [exampleService({ image: 'tecnativa/docker-socket-proxy:0.3' })],
    fail: [exampleService({ image: 'tecnativa/docker-socket-proxy:0.3', privileged: true })],
  },
};
