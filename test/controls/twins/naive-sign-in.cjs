'use strict';

/**
 * A sign-in service as it must not be: any password is right, the session's cookie has no flags and
 * no content, nothing ties a sign-in to its browser, and the page shows texts as markup.
 */
const session = '__Secure-jacker_session=session|time|signature; Path=/';

require('node:http')
  .createServer((request, response) => {
    const url = new URL(request.url, 'http://oauth');
    const answer = (status, headers, body = '') => response.writeHead(status, headers).end(body);
    switch (`${request.method} ${url.pathname}`) {
      case 'POST /oauth2/sign_in':
        return answer(302, { location: '/', 'set-cookie': session });
      case 'GET /oauth2/sign_in':
        return answer(
          200,
          { 'content-type': 'text/html' },
          `<h1>${process.env.BANNER}</h1>${url.searchParams.get('rd') ?? ''}`,
        );
      case 'GET /oauth2/start':
        return answer(302, {
          location: 'https://provider.invalid/?state=always',
          'set-cookie': 'csrf=always; Path=/',
        });
      case 'GET /oauth2/callback':
        return answer(302, { location: '/', 'set-cookie': session });
      default:
        return answer(202, {});
    }
  })
  .listen(4180);
process.on('SIGTERM', () => process.exit());
