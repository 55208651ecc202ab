"""store/repository"""
