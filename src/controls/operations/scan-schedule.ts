import { exampleService } from '../compose/example.ts';
import { checkPrograms, placeOf } from '../compose/program-check.ts';
import { programWords } from '../compose/program-words.ts';
import type { ServiceView } from '../compose/stack-view.ts';
import type { Control } from '../control.ts';

const id = 'MED-008';
const scanner = /(^|\/)(trivy|grype|docker-bench-security|osv-scanner)$/;
const isScanner = {
  is: ({ image, service }: ServiceView) =>
    // A service with a profile is called by somebody, or by a timer of the host.
    scanner.test(image.path) && ((service['profiles'] as unknown[] | undefined)?.length ?? 0) === 0,
  not: 'no scanner of images that starts with the stack',
  expected: 'a schedule, or a server that others ask',
};
/** Labels of schedulers that start containers. https://github.com/mcuadros/ofelia */
const labels = /^(ofelia\.|chadburn\.|swarm\.cronjob\.|deck-chores\.)/;
const loop = /^(cron|crond|supercronic|sleep|while|watch)$/;

export const scanSchedule: Control = {
  id,
  title: 'The scanner of images scans again and again',
  severity: 'medium',
  domain: 'operations',
  subject: 'service',
  why: 'A scan that ran once at the start says nothing about the holes that became known since.',
  references: ['MED-008', 'J-IMG-05', 'NIST SP 800-190 4.1.1'],
  blindSpots: [
    'A timer of the host that starts the service is not seen, and neither is who reads the report.',
    'A stack without a scanner is not asked for one.',
  ],
  remedy:
    'Give the service a schedule (ofelia labels, a loop with sleep), or a profile if a timer of the host starts it.',
  static: (model) =>
    checkPrograms(model, id, isScanner, (view) => {
      const words = programWords(view);
      const found =
        [...view.labels.keys()].find((name) => labels.test(name)) ??
        [...view.environment.keys()].find((name) =>
          /(^|_)(CRON|SCHEDULE|INTERVAL)(_|$)/i.test(name),
        ) ??
        words.find((word) => loop.test(word) || word === 'server');
      return found === undefined
        ? {
            status: 'fail',
            seen: 'it scans once, when the stack starts',
            location: placeOf(view, 'command'),
          }
        : { status: 'pass', seen: found };
    }),
  examples: {
    pass: [
      exampleService({
        image: 'aquasec/trivy:0.67.0',
        entrypoint: ['sh', '-c'],
        command: ['while true; do trivy image --input /images; sleep 604800; done'],
      }),
      exampleService({
        image: 'aquasec/trivy:0.67.0',
        command: ['server', '--listen', '0.0.0.0:4954'],
      }),
      exampleService({
        image: 'aquasec/trivy:0.67.0',
        labels: { 'ofelia.job-run.scan.schedule': '@weekly' },
      }),
    ],
    fail: [exampleService({ image: 'aquasec/trivy:0.67.0', command: ['image', 'nginx:1'] })],
  },
};
