"""One image, one request, one reply: what is sent, what it costs, and what came back.

`image_ref` says where an image is, `image` makes it ready, `image_tokens` and `tokenizer` estimate,
`request` splices the body, `client` posts it, `reply` judges the answer.
Only `client` knows aiohttp.
"""
