import { createApp } from 'vue'
import { createRouter, createWebHistory } from 'vue-router'
import { sessionGuard, sessionPlugin } from 'tandem-session/vue'
import '../public/base.css'
import '../public/controls.css'
import '../shared/app.css'
import { client } from '../shared/session.js'
import App from './App.vue'
import Home from './Home.vue'
import Orders from './Orders.vue'
import Profile from './Profile.vue'

// The address is the right one again only when a login that came back has been finished: then the router may read it.
await client.start()

const router = createRouter({
  history: createWebHistory('/vue/'),
  routes: [
    { path: '/', component: Home },
    { path: '/orders', component: Orders, beforeEnter: sessionGuard(client) },
    { path: '/profile', component: Profile },
  ],
})

createApp(App).use(sessionPlugin(client)).use(router).mount('#root')
