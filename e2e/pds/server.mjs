// Starts a Bluesky PDS and the PLC directory that it registers its accounts with, both on 127.0.0.1 only.
//
//   node server.mjs DATA-FOLDER      (the folder with node_modules is named by PDS_MODULES, else the script's own)
//
// One line of JSON on standard output says that both answer: {"pds": origin, "plc": origin}. They live as long as
// standard input stays open, so that no server outlives the test that started it. PDS_JWT_SECRET is the secret
// that signs the session tokens: whoever sets it can make a token that this server takes for its own, an expired
// one for example.
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import path from 'node:path'

const loopback = '127.0.0.1'
const data = process.argv[2]
if (!data) {
  console.error('usage: node server.mjs DATA-FOLDER')
  process.exit(2)
}
const modules = process.env.PDS_MODULES ?? path.dirname(new URL(import.meta.url).pathname)
const require = createRequire(path.join(path.resolve(modules), 'server.cjs'))
const { PDS, envToCfg, envToSecrets, readEnv } = require('@atproto/pds')
const { PlcServer, Database } = require('@did-plc/server')

// Both packages call app.listen(port), which means every interface of the machine.
const onLoopback = (app) => {
  const listen = app.listen.bind(app)
  app.listen = (port) => listen(port, loopback)
}

const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, loopback, () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })

const plcPort = await freePort()
const plc = PlcServer.create({ db: Database.mock(), port: plcPort })
onLoopback(plc.app)
await plc.start()
const plcOrigin = `http://${loopback}:${plcPort}`

const pdsPort = await freePort()
const folder = path.resolve(data)
mkdirSync(path.join(folder, 'blobs'), { recursive: true })
Object.assign(process.env, {
  PDS_DEV_MODE: 'true',
  PDS_HOSTNAME: 'localhost',
  PDS_PORT: String(pdsPort),
  PDS_SERVICE_HANDLE_DOMAINS: '.test',
  PDS_DATA_DIRECTORY: folder,
  PDS_BLOBSTORE_DISK_LOCATION: path.join(folder, 'blobs'),
  PDS_DID_PLC_URL: plcOrigin,
  PDS_INVITE_REQUIRED: 'false',
  PDS_RATE_LIMITS_ENABLED: 'true',
  PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: randomBytes(32).toString('hex'),
  PDS_ADMIN_PASSWORD: randomBytes(16).toString('hex'),
  PDS_JWT_SECRET: process.env.PDS_JWT_SECRET ?? randomBytes(16).toString('hex'),
  LOG_ENABLED: process.env.LOG_ENABLED ?? 'false',
})
const env = readEnv()
const pds = await PDS.create(envToCfg(env), envToSecrets(env))
onLoopback(pds.app)
await pds.start()

console.log(JSON.stringify({ pds: `http://${loopback}:${pdsPort}`, plc: plcOrigin }))

const stop = () => process.exit(0)
process.stdin.on('end', stop).on('close', stop).resume()
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
