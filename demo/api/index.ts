export { startApi, type Api, type ApiOptions, type ApiRequest } from './api.js'
export { EVIL_HEADERS } from './routes.js'
