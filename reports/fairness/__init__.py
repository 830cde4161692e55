"""Boards that are fair by construction: adjusted for the mix of calls, careful with few calls, silent about what may be chance.

mix            scores at everybody's mix of topics, queues, hours         shares      the same for shares (logistic)
shrinkage      few calls drawn to the team's mean, with limits             bands       no-difference bands, false names controlled
standing       the three together: rows of a board from scored calls      funnel      limits by number of calls, for a chart
trend          weeks with control limits                                   change      the calls and the mix behind a change
"""
