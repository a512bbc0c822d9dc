import type { Control, StaticResult } from '../control.ts';
import { exampleEdge } from './edge-example.ts';
import { edgeOptions, isOn, optionResult } from './edge-options.ts';

const id = 'J-EDG-09';
const expected = 'forwarded headers of named proxies only';
const insecure = /^entrypoints\.[^.]+\.(forwardedheaders|proxyprotocol)\.insecure$/;
const trusted = /^entrypoints\.[^.]+\.(forwardedheaders|proxyprotocol)\.trustedips$/;
const everybody = /(^|,)\s*(0\.0\.0\.0\/0|::\/0)\s*(,|$)/;

export const trustedForwarders: Control = {
  id,
  title: 'Only named proxies may say who the client is',
  severity: 'high',
  domain: 'edge',
  subject: 'service',
  why: 'Whoever may set X-Forwarded-For or speak the PROXY protocol has any address that a list allows, escapes rate limits and bans, and has others banned.',
  references: ['https://doc.traefik.io/traefik/routing/entrypoints/#forwarded-headers'],
  blindSpots: [
    'A static configuration in a file is not read.',
    'trustForwardHeader of forwardAuth is not judged: it is safe where the entry point trusts nobody.',
    'Whether a trusted network holds more than the proxy is not known.',
    'Caddy and nginx-proxy are not read.',
  ],
  remedy:
    'Set forwardedHeaders.trustedIPs to the address of the proxy before Traefik, or take it out.',
  static: (model) =>
    edgeOptions(model)
      .filter(({ isVisible }) => isVisible)
      .flatMap((edge): StaticResult[] => {
        const wrong = [...edge.options].filter(
          ([name, value]) =>
            (insecure.test(name) && isOn(value)) || (trusted.test(name) && everybody.test(value)),
        );
        if (wrong.length > 0) {
          return wrong.map(([name, value]) =>
            optionResult(edge, name, { status: 'fail', expected, seen: `${name}=${value}` }),
          );
        }
        return [optionResult(edge, 'entrypoints', { status: 'pass', expected, seen: 'so' })];
      }),
  examples: {
    pass: [
      exampleEdge({}),
      exampleEdge({ command: ['--entrypoints.web.forwardedHeaders.trustedIPs=192.0.2.1/32'] }),
      exampleEdge({ command: ['--entrypoints.web.forwardedHeaders.insecure=false'] }),
    ],
    fail: [
      exampleEdge({ command: ['--entryPoints.web.forwardedHeaders.insecure'] }),
      exampleEdge({ command: ['--entrypoints.web.proxyProtocol.insecure=true'] }),
      exampleEdge({
        command: ['--entrypoints.web.forwardedHeaders.trustedIPs=10.0.0.0/8,0.0.0.0/0'],
      }),
    ],
  },
};
