// SPDX-License-Identifier: EUPL-1.2
//
// An OpenID provider for tests, on loopback, with a robot in the place of the person. INSEGEL_OP is its configuration as JSON:
//   port, keys (the seeds' names, the first one signs), clients (metadata), honest (true keeps the provider's own check of levels),
//   conform (true gives the person's details by userinfo only).
// POST /control sets how the robot answers: {acr, amr, sub, ts, refuse}. GET /control tells the latest authorization request.
import { generateKeyPairSync } from 'node:crypto';
import { Provider, interactionPolicy } from 'oidc-provider';

const config = JSON.parse(process.env.INSEGEL_OP);
const issuer = `http://127.0.0.1:${config.port}`;

// New keys each time the program starts: a restart is a change of keys.
const jwk = (type, options, extra) => ({ ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), use: 'sig', ...extra });
const stamp = String(process.pid);
const jwks = {
  keys: [
    jwk('rsa', { modulusLength: 3072 }, { kid: `rsa-${stamp}`, alg: 'RS256' }),
    jwk('ec', { namedCurve: 'P-256' }, { kid: `ec-${stamp}`, alg: 'ES256' }),
  ],
};

let robot = { sub: 'anna' };
let latest = {};

const policy = interactionPolicy.base();
if (!config.honest) {
  for (const check of ['essential_acrs', 'essential_acr']) policy.get('login').checks.remove(check);
}

const provider = new Provider(issuer, {
  clients: config.clients,
  jwks,
  acrValues: config.acrValues,
  claims: {
    acr: null, amr: null, auth_time: null, iss: null, sid: null,
    openid: ['sub'], profile: ['name', 'groups'], email: ['email'],
  },
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
  features: {
    devInteractions: { enabled: false },
    claimsParameter: { enabled: true },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    userinfo: { enabled: true },
  },
  conformIdTokenClaims: Boolean(config.conform),
  // The provider refuses to call loopback by itself, which is where the tests are.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  pkce: { required: () => true },
  interactions: { policy, url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  cookies: { keys: ['a key for tests'] },
  ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 3600, IdToken: 600, Interaction: 600, Session: 3600 },
  findAccount: (_ctx, sub) => ({
    accountId: sub,
    claims: () => ({ sub, name: `${sub} Exempel`, email: `${sub}@example.se`, groups: ['samordnare', 'handlaggare'] }),
  }),
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope('openid profile email');
    await grant.save();
    return grant;
  },
});

provider.on('server_error', (_ctx, err) => console.error('server error', err));
for (const event of ['authorization.error', 'grant.error', 'backchannel.error']) {
  provider.on(event, (_ctx, err) => console.error(event, err.error, err.error_description ?? err.message, err.error_detail ?? '', err.cause ?? ''));
}

const body = async (req) => {
  let text = '';
  for await (const chunk of req) text += chunk;
  return text;
};

provider.use(async (ctx, next) => {
  if (ctx.path === '/control') {
    if (ctx.method === 'POST') robot = JSON.parse(await body(ctx.req));
    ctx.body = JSON.stringify(latest);
    return;
  }
  if (ctx.path === '/auth') latest = { ...ctx.query };
  if (ctx.path.startsWith('/interaction/')) {
    const result = robot.refuse
      ? { error: 'access_denied', error_description: 'the robot said no' }
      : { login: { accountId: robot.sub ?? 'anna', acr: robot.acr, amr: robot.amr, ts: robot.ts } };
    await provider.interactionDetails(ctx.req, ctx.res);
    ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission: false }));
    return;
  }
  await next();
});

provider.listen(config.port, '127.0.0.1', () => console.log(`answers on ${issuer}`));
