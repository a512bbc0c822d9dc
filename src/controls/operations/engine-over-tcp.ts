import type { Control, Reading } from '../control.ts';

const id = 'J-DMN-02';
/**
 * How the engine warns of it, with or without "[DEPRECATION NOTICE]:" before it:
 * https://github.com/moby/moby/blob/master/daemon/info.go
 */
const warning = /API is accessible on (https?:\/\/\S+) without/;

export const engineOverTcp: Control = {
  id,
  title: 'The engine does not listen on TCP without client certificates',
  severity: 'critical',
  domain: 'operations',
  subject: 'host',
  grant: true,
  why: 'Whoever reaches that port is root on the host, without a password. It is looked for on the whole internet, day and night.',
  references: [
    'CIS Docker Benchmark 2.7',
    'OWASP Docker Security Cheat Sheet rule 1',
    'NIST SP 800-190 4.5.1',
  ],
  blindSpots: [
    'A program before the engine, such as socat, that makes its socket a port, is not told by the engine.',
  ],
  remedy: 'Take -H tcp:// out; where a remote client needs the engine, use ssh:// or --tlsverify.',
  probe: ({ host }) => {
    const open = host.warnings.flatMap((text) => warning.exec(text)?.[1] ?? []);
    const reading: Reading = {
      subject: 'host',
      read: 'docker info Warnings',
      from: host.hostname,
      status: open.length === 0 ? 'pass' : 'fail',
      expected: 'no such address',
      seen: open.join(', ') || 'none',
    };
    return Promise.resolve([reading]);
  },
};
