import { exampleService } from '../compose/example.ts';
import { checkViews } from '../compose/view-check.ts';
import type { Control } from '../control.ts';
import { probeContainers } from '../reading/probe-containers.ts';

const id = 'J-RUN-03';
const expected = 'no SSH server';
/** Their port 22 speaks Git or SFTP and gives nobody a shell. */
const noShell =
  /(^|\/)(gitea|forgejo|gitlab-[ce]e|gogs|soft-serve|onedev|sftpgo|sftp|rgit|gerrit)$/;
const daemon = /(^|\/)(sshd|dropbear)$/;

export const shellServer: Control = {
  id,
  title: 'No container is entered by SSH',
  severity: 'low',
  domain: 'isolation',
  subject: 'service',
  grant: true,
  why: 'A shell over the network is one more password and one more program to keep patched; docker exec needs neither.',
  references: ['CIS Docker Benchmark 5.7', 'NIST SP 800-190 4.4.2'],
  blindSpots: [
    'An SSH server that the image starts by itself, on another port than 22, is not seen in a file.',
  ],
  remedy: 'Take the SSH server out and use docker exec.',
  static: (model) =>
    checkViews(
      model,
      id,
      ['image', 'command', 'entrypoint', 'ports'],
      (view) => {
        if (view.role === 'shell-server') {
          return { status: 'fail', expected, seen: `the image ${view.image.path}` };
        }
        for (const key of ['command', 'entrypoint'] as const) {
          const words = view[key].flatMap((word) => word.split(/\s+/));
          if (words.some((word) => daemon.test(word))) {
            const location = ['services', view.name, key];
            return { status: 'fail', expected, seen: `an SSH server in ${key}`, location };
          }
        }
        const port = view.ports.some(
          ({ target, protocol }) => target === '22' && protocol === 'tcp',
        );
        if (port && !noShell.test(view.image.path.toLowerCase())) {
          const location = ['services', view.name, 'ports'];
          return { status: 'fail', expected, seen: 'port 22 published', location };
        }
        return { status: 'pass', expected, seen: 'none' };
      },
      [],
    ),
  probe: (context) =>
    probeContainers(context, id, '/proc/net/tcp, /proc/*/status', async ({ facts, snapshot }) => {
      const { listeners, processes } = await snapshot();
      const named = processes.some((process) => daemon.test(process.name));
      // In the host's namespace the listeners are the host's own.
      const own = facts.host.networkMode !== 'host';
      const open = own && listeners.some(({ port, loopback }) => port === 22 && !loopback);
      return {
        status: named || open ? 'fail' : 'pass',
        expected,
        seen: named ? 'an SSH server runs' : open ? 'something listens on port 22' : 'none',
      };
    }),
  examples: {
    pass: [
      exampleService({ image: 'nginx:1.29', ports: ['443:443'] }),
      exampleService({ image: 'gitea/gitea:1.24', ports: ['2222:22', '127.0.0.1:3000:3000'] }),
    ],
    fail: [
      exampleService({ image: 'lscr.io/linuxserver/openssh-server:10.0' }),
      exampleService({ image: 'debian:13', command: ['/usr/sbin/sshd', '-D'] }),
      exampleService({ image: 'example/app:1', ports: ['2222:22'] }),
      exampleService({
        image: 'example/app:1',
        entrypoint: 'sh -c "service x start && /usr/sbin/sshd -D"',
      }),
    ],
  },
};
