import { traefikLabels } from '../compose/traefik-config.ts';
import type { Control, StaticResult } from '../control.ts';
import { exampleEdge } from './edge-example.ts';
import { edgeOptions, isOn, optionResult } from './edge-options.ts';

const id = 'J-EDG-11';
const expected = 'certificates are verified';
const skip = /^(serverstransport|providers\.[a-z]+\.tls|.*\.tls)\.insecureskipverify$/;

export const upstreamTls: Control = {
  id,
  title: 'The edge verifies the certificates of what it talks to',
  severity: 'medium',
  domain: 'edge',
  subject: 'service',
  why: 'TLS without verification keeps nobody out: any container on the way can answer as the service or as the sign-in.',
  references: [
    'OWASP Top Ten A02',
    'https://doc.traefik.io/traefik/routing/overview/#insecureskipverify',
  ],
  blindSpots: [
    'A servers transport of a file is not read, nor a static configuration in one.',
    'Caddy and nginx-proxy are not read.',
  ],
  remedy: 'Give Traefik the authority that signed the certificate: serversTransport.rootCAs.',
  static: (model) => {
    const results: StaticResult[] = [];
    for (const edge of edgeOptions(model)) {
      if (!edge.isVisible) continue;
      const wrong = [...edge.options].filter(([name, value]) => skip.test(name) && isOn(value));
      for (const [name] of wrong) {
        results.push(optionResult(edge, name, { status: 'fail', expected, seen: name }));
      }
      if (wrong.length === 0) {
        results.push(
          optionResult(edge, 'serverstransport', { status: 'pass', expected, seen: 'so' }),
        );
      }
    }
    for (const [name, { options, location }] of traefikLabels(model).middlewares) {
      const value = options.get('forwardauth.tls.insecureskipverify');
      if (value === undefined) continue;
      results.push({
        subject: name,
        status: isOn(value) ? 'fail' : 'pass',
        expected,
        seen: `forwardauth.tls.insecureskipverify=${value}`,
        location,
      });
    }
    return results;
  },
  examples: {
    pass: [
      exampleEdge({}),
      exampleEdge({ command: ['--serversTransport.insecureSkipVerify=false'] }),
    ],
    fail: [
      exampleEdge({ command: ['--serversTransport.insecureSkipVerify=true'] }),
      exampleEdge({ labels: { 'middlewares.auth.forwardauth.tls.insecureSkipVerify': 'true' } }),
    ],
  },
};
